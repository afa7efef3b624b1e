/** Leaves out all but the last part of paths: `…/server.Client` is what Go calls github.com/nats-io/nats-server/server.Client. */
export function shortenPaths(text: string): string {
  return text.replace(/[\w.~@-]+(?:\/[\w.~@-]+)*\/(?=[\w.~@-])/g, '…/')
}
