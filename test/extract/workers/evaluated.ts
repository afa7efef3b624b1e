import { parentPort } from 'node:worker_threads'

/** A task's module that says when it has been evaluated, so that the test stops the thread just then. */
export default function task(): void {}

parentPort?.postMessage('evaluated')
const until = performance.now() + Math.random() * 0.3
while (performance.now() < until);
