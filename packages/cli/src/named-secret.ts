// A secret as an operator names it at night: by its id, or by the last four characters that lists show, such as "…0UXA".
import { shellWord, type OperationOutput } from '@countersign/admin'
import { openAdminClient } from './operator-session.ts'
import type { RealmOptions } from './operator-command.ts'
import { CommandError } from './output.ts'

type Secret = OperationOutput<'rotation.get'>['secrets'][number]

const secretId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The id of the secret. One that is given as an id is not looked up, so that it takes no right to read clients.
 * @throws CommandError before anything is asked or sent, if the text is neither, or if it does not name one secret of the client
 */
export async function findSecretId(named: string, client: string, options: RealmOptions): Promise<string> {
  if (secretId.test(named)) return named
  const [, lastFour] = /^(?:…|\.{3})?(\S{4})$/.exec(named) ?? []
  const status = `countersign secret status ${shellWord(client)} --realm ${shellWord(options.realm)}`
  if (lastFour === undefined)
    throw new CommandError(
      // It may be the secret itself, which must not end up in a ticket.
      'What was given as the secret is neither the id of a secret nor its last four characters.',
      { next: `Pass what a list shows, such as 0UXA; "${status}" lists the secrets of the client.` },
    )
  const params = { realm: options.realm, client }
  const { secrets } = await openAdminClient(options).call('rotation.get', { params })
  const found = secrets.filter((secret) => secret.lastFour === lastFour)
  if (found.length > 1)
    throw new CommandError(`Two secrets of "${client}" end in "${lastFour}":\n${found.map(describe).join('\n')}`, {
      next: 'Pass the id of the one to end.',
    })
  if (!found[0])
    throw new CommandError(`No secret of "${client}" that works ends in "${lastFour}"; upper and lower case differ.`, {
      reason: 'notFound',
      next: secrets.length === 0 ? 'It has none: nothing has to be ended.' : `It has:\n${secrets.map(describe).join('\n')}`,
    })
  return found[0].id
}

function describe({ id, lastFour, state, createdAt }: Secret): string {
  return `  ${id}  …${lastFour}  ${state}, created ${createdAt}`
}
