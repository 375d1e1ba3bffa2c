// A demo for the tests of one file: in this process, on free ports, with a home folder of its own; stopped after the tests.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { startDemo, type DemoOptions } from './demo/start-demo.ts'
import type { DemoState } from './home.ts'

/** Sets COUNTERSIGN_HOME of this process to the demo's home, so that child processes find it too. */
export async function startTestDemo(options: Omit<DemoOptions, 'port'> = {}): Promise<DemoState> {
  process.env['COUNTERSIGN_HOME'] = aFolder()
  const demo = await startDemo({ port: await findFreePorts(), ...options })
  after(() => demo.close())
  return demo.state
}

/** An empty folder that is removed after the tests. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
