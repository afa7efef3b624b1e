import { hostname } from 'node:os'
import { describe, expect, it, vi } from 'vitest'
import { listNames } from '../../src/web/server/host-names.ts'
import { useLeaky } from '../answers/leaky.ts'
import { useViewer } from './started.ts'

vi.setConfig({ testTimeout: 30_000 })

const leaky = useLeaky()
const viewer = useViewer(leaky.path)

describe('who is answered', () => {
  it('only this machine, unless asked', () => {
    expect(viewer.asker.url.hostname).toBe('127.0.0.1')
  })

  it('nobody without the token', async () => {
    const { asker } = viewer
    for (const token of [undefined, '', 'wrong', `${asker.token}x`, asker.token.slice(1)]) {
      const headers: Record<string, string> = token === undefined ? {} : { 'x-goheap-token': token }
      const { status, text } = await asker.send('/api/overview', { headers })
      expect([token, status, text]).toEqual([token, 401, expect.stringContaining('token')])
    }
    // Neither in the address: it would end in histories and logs of others.
    expect((await asker.send(`/api/overview?token=${asker.token}`)).status).toBe(401)
    expect((await asker.send('/api/sql', { method: 'POST', body: 'SELECT 1' })).status).toBe(401)
  })

  it('no name but its own, and no page of another site', async () => {
    const { asker } = viewer
    const { port } = asker.url
    const status = async (headers: Record<string, string>, path = '/api/overview') =>
      (await asker.send(path, { headers: { 'x-goheap-token': asker.token, ...headers } })).status
    expect(await status({})).toBe(200)
    expect(await status({ host: `localhost:${port}` })).toBe(200)
    expect(await status({ host: `attacker.example:${port}` })).toBe(403)
    expect(await status({ host: '127.0.0.1' })).toBe(403)
    expect(await status({ host: `127.0.0.1:${port}.attacker.example` })).toBe(403)
    expect(await status({ host: `attacker.example:${port}` }, '/')).toBe(403)
    expect(await status({ origin: `http://127.0.0.1:${port}` })).toBe(200)
    expect(await status({ origin: 'http://attacker.example' })).toBe(403)
    expect(await status({ origin: `https://127.0.0.1:${port}` })).toBe(403)
    expect(await status({ origin: 'null' })).toBe(403)
  })

  it('at all addresses of the machine, when asked, by these and by no other name', () => {
    expect(listNames('127.0.0.1', 80)).toEqual(['127.0.0.1:80', 'localhost:80'])
    expect(listNames('10.1.2.3', 80)).toEqual(['10.1.2.3:80'])
    for (const host of ['0.0.0.0', '::']) {
      const names = listNames(host, 80)
      expect(names).toEqual(
        expect.arrayContaining(['127.0.0.1:80', 'localhost:80', `${hostname().toLowerCase()}:80`]),
      )
      expect(names.every((name) => /^(\[[0-9a-f:]+\]|[\w.-]+):80$/.test(name))).toBe(true)
    }
  })

  it('with headers that keep the page to itself', async () => {
    for (const path of ['/', '/api/overview', '/none']) {
      const { headers } = await viewer.asker.send(path)
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /)
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|http/)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      })
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it('nothing but the files of the page', async () => {
    const { asker } = viewer
    const page = await asker.send('/')
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<div id="app">') })
    expect(page.text).not.toContain('%NONCE%')
    const [script] = page.text.match(/assets\/[^"]+\.js/) ?? []
    expect((await asker.send(`/${script}`)).status).toBe(200)
    for (const path of ['/..%2f..%2fpackage.json', '/../../package.json', '/assets/', '//etc/passwd']) {
      expect([path, (await asker.send(path)).status]).toEqual([path, 404])
    }
    expect((await asker.send('/', { method: 'POST' })).status).toBe(405)
  })
})
