/** Directories, tables and groups of maps, in all releases of Go; […] for several, and pointers to them. */
const MAP_PART = /^(\[…\])?\**(table<|map\.(group|bucket)\[|internal\/runtime\/maps\.table$)/

/** Is an object of this name, as in dominator_paths, a part of what a map is made of? It is not the map, nor an entry. */
export function isMapPart(name: string): boolean {
  return MAP_PART.test(name)
}
