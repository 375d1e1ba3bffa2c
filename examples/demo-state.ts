// Finds the running demo for the scripts of this folder, by the file that `npm start` wrote.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoState } from '@countersign/cli'

/** Exits with an instruction if there is no demo. */
export function readDemoState(): DemoState {
  const file = join(process.env['COUNTERSIGN_HOME'] ?? '.countersign', 'demo.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoState
  } catch (error) {
    return giveUp(
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `There is no demo in "${file}". Start it in another terminal with "npm start".`
        : `"${file}" cannot be read: ${(error as Error).message}. Remove it and start the demo again with "npm start".`,
    )
  }
}

/** For a failed request: if the server does not answer, the demo was stopped. */
export function explainFailure(error: unknown, { serverUrl }: DemoState): never {
  const { name, code, message, cause } = error as NodeJS.ErrnoException
  const isUnreachable =
    (code === 'network' && message.includes('ECONNREFUSED')) ||
    code === 'ECONNREFUSED' ||
    (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'
  if (isUnreachable) giveUp(`The demo does not answer on ${serverUrl}. Start it in another terminal with "npm start".`)
  if (name === 'TokenRequestError') giveUp(message)
  throw error
}

export function giveUp(message: string): never {
  console.error(message)
  process.exit(1)
}
