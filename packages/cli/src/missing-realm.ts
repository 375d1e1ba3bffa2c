// A command without its --realm: the failure names the realms that the server has, as that of a realm that it does not have.
import type { Command } from 'commander'
import { openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError } from './output.ts'

const missing = "required option '--realm <name>' not specified"
/** For all requests: the answer is of use only at once. */
const patienceMs = 3000

/** The same failure with the realms as its next step; any other is returned unchanged. */
export async function nameRealms(error: unknown, command: Command | undefined): Promise<unknown> {
  if (!(error instanceof CommandError) || !error.message.includes(missing) || !command) return error
  const isOfOperators = command.options.some(({ long }) => long === '--server')
  if (!isOfOperators) return error
  const realms = await listRealms(command.opts<SessionOptions>())
  const choose = realms.length > 0 ? `Use one of ${realms.join(', ')}.` : 'To list the realms: "countersign realm list".'
  return new CommandError(error.message, { reason: error.reason, next: `${choose} ${error.next}` })
}

/** None if no server or operator is named, or if the server does not answer: the command was wrong all the same. */
async function listRealms(options: SessionOptions): Promise<readonly string[]> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const admin = openAdminClient({ ...options, json: true }, (input, init) => fetch(input, { ...init, signal }))
    const { items } = await admin.call('realms.list', { params: {} })
    return items.map(({ name }) => name)
  } catch {
    return []
  }
}
