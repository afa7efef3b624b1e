/**
 * Names that someone may have meant by `text`, the nearest first: those that contain it or are contained in it (three letters
 * and more), and those that are a few letters away. Of equally near ones the order given decides.
 */
export function nearNames(text: string, names: Iterable<string>, limit = 3): string[] {
  const wanted = text.toLowerCase()
  const most = Math.max(1, Math.floor(wanted.length / 4))
  const found: { name: string; distance: number; place: number }[] = []
  let place = 0
  for (const name of names) {
    const letters = name.toLowerCase()
    const isPart =
      (wanted.length > 2 && letters.includes(wanted)) || (letters.length > 3 && wanted.includes(letters))
    const distance = isPart ? 0.5 : countEdits(wanted, letters, most)
    if (distance <= most) found.push({ name, distance, place })
    place++
  }
  found.sort((a, b) => a.distance - b.distance || a.place - b.place)
  return found.slice(0, limit).map(({ name }) => name)
}

/**
 * Least number of letters to put in, take out, replace, or swap with the next to make one text of the other (optimal string
 * alignment); more than `most`: that it is more.
 */
function countEdits(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const isEqual = a[i - 1] === b[j - 1]
      let edits = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (isEqual ? 0 : 1))
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwapped) edits = Math.min(edits, before[j - 2] + 1)
      row.push(edits)
      least = Math.min(least, edits)
    }
    if (least > most) return most + 1
    before = last
    last = row
  }
  return last[b.length]
}
