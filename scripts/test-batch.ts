// The process of a batch: runs the test files that its arguments name, one after the other. The test that this file adds after those
// of each file tells test-pool.ts that the file has ended.
import { resolve } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

for (const file of process.argv.slice(2)) {
  const loaded = import(pathToFileURL(resolve(file)).href)
  await loaded.catch(() => {})
  await test(file, () => loaded)
  // What is reported so far leaves the process before the next file can end it.
  await nextTurn()
}
