/** What the prebuilt better-sqlite3 calls. It does not say so when it is missing, but crashes the process. */
const NODE_API = 10

/** Why goheap cannot run on a Node of these versions; undefined when it can. Releases: https://nodejs.org/api/n-api.html */
export function describeOldNode({ node, napi }: { node: string; napi?: string }): string | undefined {
  if (Number(napi ?? 0) >= NODE_API) return undefined
  return `Node ${node} is too old; install Node 22.14, 23.6 or newer`
}
