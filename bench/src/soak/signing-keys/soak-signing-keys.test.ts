// A short run of the soak of signing keys. Takes 45 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { soakSigningKeys } from './soak-signing-keys.ts'

const skip = skipWithoutPostgres()
const say = () => {}

test(
  'abuse 200: a signing key is rotated and another one compromised under load, with a process killed, and no good token is refused',
  { skip },
  async () => {
    const { rotations, load, compromised, activationsBeforeTheirTime, disagreements, fault } = await soakSigningKeys(
      {
        isCompiled: false,
        realms: 1,
        guards: 2,
        rotations: 1,
        compromises: 1,
        publishBeforeSeconds: 15,
        heldBackSeconds: 0,
        lifetimeSeconds: 15,
      },
      say,
    )
    assert.deepEqual([rotations, compromised.compromises, activationsBeforeTheirTime.done, disagreements, fault], [1, 1, 0, 0, null])
    assert.deepEqual([load.refusedGood, load.acceptedBad, load.failedTokens], [{}, {}, {}])
    assert.ok(load.decisions > 100 && compromised.triedAfterASecond > 0)
  },
)

// Exit explicitly: after connections to killed processes, Node may never become idle.
process.on('exit', () => process.exit())
