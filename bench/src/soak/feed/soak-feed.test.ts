// A short run of the soak of the feed. Takes 60 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { soakFeed } from './soak-feed.ts'

const skip = skipWithoutPostgres()
const say = () => {}

test(
  'guards at the feed of three processes learn of every kind of revocation, also of one that is made while they are cut off',
  { skip },
  async () => {
    const { revocations, decisionsAtTheEnd, nodesLost, cutOff, largeOrganization } = await soakFeed(
      {
        isCompiled: false,
        guards: 12,
        processes: 1,
        revocations: 6,
        perSecond: 4,
        deciders: 4,
        kills: 1,
        entitlementSeconds: 1,
        boundSeconds: 3,
        settleMs: 0,
        clientsOfLargeOrganization: 100,
        unread: [{ readers: 3, changes: 10 }],
      },
      say,
    )
    assert.deepEqual([revocations.revocations, revocations.pairs, revocations.pairsNeverKnown], [6, 72, 0])
    assert.deepEqual([revocations.decisions.neverRefused, revocations.decisions.acceptedAfterRefused], [0, 0])
    assert.deepEqual([decisionsAtTheEnd.accepted, nodesLost.decisions.refused, cutOff.acceptedAfterBound], [0, 0, 0])
    assert.equal(largeOrganization.guardsThatRefuse, 12)
  },
)

// Exit explicitly: after connections to killed processes, Node may never become idle.
process.on('exit', () => process.exit())
