// Installs and checks rows one after the other, and says how it goes.
import { checkPart, parts, type Part } from './check-row.ts'
import { install, toolVersionOf } from './install.ts'
import { installations } from './installations.ts'
import type { Row } from './rows.ts'
import { versionsOf } from './versions.ts'

export interface RowResult {
  readonly row: Row
  readonly versions: string
  readonly tool: string
  /** Undefined for a part that the row does not have. */
  readonly parts: Readonly<Partial<Record<Part, 'yes' | string>>>
  /** Why nothing was run. */
  readonly skipped?: string
}

export async function runRow(row: Row, say: (line: string) => void): Promise<RowResult> {
  const { language } = installations[row.installation]
  say(`${row.name}: installing (${language})`)
  const missing = await install(row.installation)
  if (missing !== undefined) {
    say(`${row.name}: left out, because ${missing}`)
    return { row, versions: '', tool: '', parts: {}, skipped: missing }
  }
  const results: Partial<Record<Part, string>> = {}
  for (const part of parts.filter((part) => row[part] !== undefined)) {
    const startedAt = performance.now()
    results[part] = await checkPart(row, part).then(
      () => 'yes',
      (error: Error) => error.message,
    )
    say(
      `${row.name}: ${part} ${results[part] === 'yes' ? 'ok' : `FAILED: ${results[part]}`} (${Math.round(performance.now() - startedAt)} ms)`,
    )
  }
  return { row, versions: versionsOf(row), tool: await toolVersionOf(row.installation), parts: results }
}

export const isFailed = ({ parts }: RowResult) => Object.values(parts).some((result) => result !== 'yes')
