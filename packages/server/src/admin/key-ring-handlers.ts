// Operations on the pepper and the key-encryption key.
import { readKeyEncryptionKey, retireKeyEncryptionKey, rewrapKeys } from '../key-rings/key-encryption-key.ts'
import { listPepperClients, readPepperState } from '../key-rings/pepper-state.ts'
import { retirePepper } from '../key-rings/retire-pepper.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

export function keyRingHandlers(context: AdminContext) {
  const { db, clock, keyRings } = context
  return {
    'pepper.get': async () => readPepperState(db, await keyRings.readStanding('secret pepper'), clock()),
    'pepper.clients': ({ params, query }) => listPepperClients(db, params.version, query, clock()),
    'pepper.retire': ({ params, body }, change) => retirePepper(change, context, params.version, body),
    'keyEncryptionKey.get': async () => readKeyEncryptionKey(db, await keyRings.readStanding('key-encryption key')),
    'keyEncryptionKey.rewrap': (_input, change) => rewrapKeys(change, keyRings.keyEncryptionKey),
    'keyEncryptionKey.retire': ({ params }, change) => retireKeyEncryptionKey(change, params.version),
  } satisfies Partial<AdminHandlers>
}
