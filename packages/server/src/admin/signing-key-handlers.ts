// Operations on the keys with which a realm signs. The steps are in signing-keys/; what an imported key must be is in keys/.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { toInstantOrNull } from '../api/instants.ts'
import { readPage, type Order } from '../api/page.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { CertificateChainError, readCertificateChain } from '../keys/certificate-chain.ts'
import { algorithmsOf, noKeyRows, readKeyRows } from '../keys/key-rows.ts'
import { rulesOf } from '../keys/key-states.ts'
import { PrivateKeyError, readPrivateKey } from '../keys/read-private-key.ts'
import type { Realm } from '../realms/realm.ts'
import { activateKey } from '../signing-keys/activate-key.ts'
import { describeSigningKey } from '../signing-keys/describe-signing-key.ts'
import { compromiseKey, retireKey } from '../signing-keys/end-key.ts'
import { findKey, readRows } from '../signing-keys/find-key.ts'
import { importKey, stageKey, type ImportInput } from '../signing-keys/stage-key.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

type Changed = OperationOutput<'signingKeys.activate'>
type Import = CheckedInput<'signingKeys.import'>

const newestFirst: Order = { by: '-createdAt', column: 'created_at', holds: 'number', id: 'kid' }
/** All but the encrypted private key. */
const columns = [
  'kid',
  'realm',
  'algorithm',
  'state',
  'further',
  'created_at',
  'thumbprint',
  'origin',
  'certificates',
  'published_at',
  'activated_at',
  'retain_until',
  'state_at',
  'longest_lifetime',
] as const

export function signingKeyHandlers(context: AdminContext) {
  const { realms, db, clock, keyContext } = context

  async function describe(change: Change, realm: Realm, keyId: string, more: Partial<Omit<Changed, 'key'>> = {}): Promise<Changed> {
    const key = await findKey(change, realm, keyId)
    const shown = describeSigningKey(key, await readRows(change, realm), rulesOf(realm, keyContext.leaseMs), change.now)
    return { key: shown, replaced: null, successor: null, noSignatureUntil: null, ...more }
  }

  return {
    'signingKeys.list': async ({ params, query: { limit, after, ended } }) => {
      const realm = getRealm(realms, params.realm)
      let rows = db.selectFrom('signing_keys').select(columns).where('realm', '=', realm.name)
      if (!ended) rows = rows.where('state', '!=', 'retired').where('state', '!=', 'compromised')
      const page = await readPage(rows, newestFirst, { limit, after })
      const all = (await readKeyRows(db, realm.name)).get(realm.name) ?? noKeyRows
      const rules = rulesOf(realm, keyContext.leaseMs)
      return { items: page.rows.map((row) => describeSigningKey(row, all, rules, clock())), next: page.next }
    },
    'signingKeys.stage': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const algorithm = body.algorithm ?? realm.signingAlgorithm ?? algorithmsOf(await readRows(change, realm), realm)[0]
      return describe(change, realm, await stageKey(change, keyContext, realm, { algorithm }))
    },
    'signingKeys.import': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      return describe(change, realm, await importKey(change, keyContext, realm, readImport(body, change.now)))
    },
    'signingKeys.activate': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const replaced = await activateKey(change, keyContext, realm, params.key, body)
      return describe(change, realm, params.key, { replaced: replaced === null ? null : (await describe(change, realm, replaced)).key })
    },
    'signingKeys.retire': async ({ params }, change) => {
      const realm = getRealm(realms, params.realm)
      await retireKey(change, keyContext, realm, params.key)
      return describe(change, realm, params.key)
    },
    'signingKeys.compromise': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const { replacedBy, signsFrom } = await compromiseKey(change, keyContext, realm, params.key, body)
      return describe(change, realm, params.key, {
        successor: replacedBy === null ? null : (await describe(change, realm, replacedBy)).key,
        noSignatureUntil: toInstantOrNull(signsFrom),
      })
    },
  } satisfies Partial<AdminHandlers>
}

/** @throws ProblemError `invalid-request`, with nothing of the key */
function readImport({ key, certificates, alreadyPublished, ...names }: Import['body'], now: number): ImportInput {
  try {
    const { keyId, algorithm, privateKey, publicKey } = readPrivateKey(key, names)
    return {
      privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      kid: keyId,
      algorithm,
      certificates: certificates === undefined ? undefined : readCertificateChain(certificates, publicKey, now),
      alreadyPublished,
    }
  } catch (error) {
    if (error instanceof PrivateKeyError) throw refused('/key', error.message)
    if (error instanceof CertificateChainError) throw refused('/certificates', error.message)
    throw error
  }
}

function refused(pointer: string, expected: string): ProblemError {
  const detail = `expected ${expected}`
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}.`, errors: [{ pointer, detail }] })
}
