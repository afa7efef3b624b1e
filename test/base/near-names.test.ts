import { expect, test } from 'vitest'
import { nearNames } from '../../src/base/near-names.ts'

test('what contains the text, or is a few letters away, is near, in the order given', () => {
  const names = ['main.Session', 'main.SessionStore', '*main.Session', 'main.Shop', 'net/http.Server']
  expect(nearNames('Session', names)).toEqual(['main.Session', 'main.SessionStore', '*main.Session'])
  expect(nearNames('main.Sesion', names)).toEqual(['main.Session', '*main.Session'])
  expect(nearNames('MAIN.SHOP', names)).toEqual(['main.Shop'])
  expect(nearNames('main.Shpo', names)).toEqual(['main.Shop'])
  expect(nearNames('nothing of the kind', names)).toEqual([])
})

test('what differs by more than a quarter of its letters is not near', () => {
  expect(nearNames('abcdefgh', ['abcdefxy'])).toEqual(['abcdefxy'])
  expect(nearNames('abcdefgh', ['abcdexyz'])).toEqual([])
  expect(nearNames('ab', ['xy', 'ax'])).toEqual(['ax'])
})
