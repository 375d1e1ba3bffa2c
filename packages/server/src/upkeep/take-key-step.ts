// Takes a due step of a signing key in a transaction, unless another node has taken it.
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import { generateKey } from '../keys/create-keys.ts'
import { findStaged, type RealmKeyRows } from '../keys/key-rows.ts'
import { maySignFrom, nextSteps, rulesOf, type KeyRules, type KeyStep } from '../keys/key-states.ts'
import type { Realm } from '../realms/realm.ts'
import { activateKey, findFault } from '../signing-keys/activate-key.ts'
import { retireKey } from '../signing-keys/end-key.ts'
import { readRows, type SigningKeyContext } from '../signing-keys/find-key.ts'
import { stageKey } from '../signing-keys/stage-key.ts'

export interface KeyStepContext {
  readonly keyContext: SigningKeyContext
  readonly applyChange: ApplyChange
}

const rotationActor: Actor = {
  kind: 'system',
  via: 'system',
  realm: 'operators',
  clientId: 'key-rotation',
  organizationId: 'key-rotation',
  address: 'local',
}

/** @throws ProblemError, any error of the store */
export async function takeKeyStep({ keyContext, applyChange }: KeyStepContext, realm: Realm, step: KeyStep): Promise<void> {
  const rules = rulesOf(realm, keyContext.leaseMs)
  // Before the transaction: an RSA key takes a tenth of a second.
  const privateKey = step.step === 'stage' ? await generateKey(step.algorithm) : undefined
  const change = applyChange(rotationActor, `signingKeys.${step.step}`, async (change) => {
    const rows = await readRows(change, realm)
    const due = nextSteps(rows, realm, rules, change.now).find((one) => one.at <= change.now && isSame(one, step))
    if (!due) throw new AbandonedChange()
    if (due.step === 'stage') await stageKey(change, keyContext, realm, { algorithm: due.algorithm, ...(privateKey && { privateKey }) })
    else if (due.step === 'retire') await retireKey(change, keyContext, realm, due.kid)
    else await activateKey(change, keyContext, realm, chooseReserve(keyContext, rows, due, rules, change.now), { emergency: due.emergency })
  })
  await unlessAbandoned(change, () => undefined)
}

function isSame(one: KeyStep, other: KeyStep): boolean {
  if (one.step === 'stage' || other.step === 'stage') return one.step === other.step && one.algorithm === other.algorithm
  return one.step === other.step && one.kid === other.kid
}

type Activation = Extract<KeyStep, { readonly step: 'activate' }>

/** A damaged key in reserve is passed over; without another one the step fails, and the log says why. */
function chooseReserve(
  context: SigningKeyContext,
  { live }: RealmKeyRows,
  { algorithm, emergency, kid }: Activation,
  rules: KeyRules,
  now: number,
): string {
  const reserves = findStaged(live, algorithm).filter((row) => maySignFrom(row, rules, emergency) <= now)
  return reserves.find((row) => findFault(context, row) === undefined)?.kid ?? kid
}
