// The checks of a run find what is wrong in a journal, and only that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findUnansweredCalls } from './check-answers.ts'
import { checkLog } from './check-log.ts'
import { checkRights } from './check-rights.ts'
import { createJournal, formatTail, type Call, type Change, type Journal } from './journal.ts'

const bound = 5000

function aJournal(changes: readonly Partial<Change>[], calls: readonly Partial<Call>[] = []): Journal {
  return {
    ...createJournal(),
    changes: changes.map((change, i) => ({
      id: `change-${i}`,
      subject: 'acme',
      kind: 'clients.update',
      sentAt: 0,
      effects: {},
      ...change,
    })),
    calls: calls.map((call) => {
      const { sentAt = 0 } = call
      return {
        place: 'node 0',
        what: 'token',
        needs: ['client'],
        sentAt,
        answeredAt: sentAt + 1,
        outcome: 'accepted',
        answer: '200',
        ...call,
      }
    }),
  }
}

const ended = { effects: { client: 'ended' }, sentAt: 1000, acknowledgedAt: 2000 } as const
const granted = { effects: { client: 'granted' }, sentAt: 20_000, acknowledgedAt: 21_000 } as const

const cases: [what: string, changes: Partial<Change>[], call: Partial<Call>, wrong: 'late' | 'refused' | 'nothing'][] = [
  ['accepted before the end of the right', [ended], { sentAt: 500 }, 'nothing'],
  ['accepted within the bound', [ended], { sentAt: 2000 + bound }, 'nothing'],
  ['accepted after the bound', [ended], { sentAt: 2001 + bound }, 'late'],
  [
    'accepted after the bound, by an end that was not acknowledged',
    [{ ...ended, acknowledgedAt: undefined as never }],
    { sentAt: 19_000 },
    'nothing',
  ],
  ['accepted after the bound, while another right is granted', [ended], { sentAt: 9000, needs: ['other', 'client'] }, 'late'],
  ['accepted by another right', [ended], { sentAt: 9000, needs: ['other'] }, 'nothing'],
  ['accepted when the right may have been granted again', [ended, granted], { sentAt: 20_001 }, 'nothing'],
  ['accepted in a response that the grant overtook', [ended, granted], { sentAt: 19_000, answeredAt: 20_001 }, 'nothing'],
  ['accepted just before the grant', [ended, granted], { sentAt: 19_000, answeredAt: 19_999 }, 'late'],
  ['refused before any change', [], { sentAt: 500, outcome: 'refused' }, 'refused'],
  ['refused while the end is on its way', [ended], { sentAt: 900, answeredAt: 1001, outcome: 'refused' }, 'nothing'],
  ['refused after the end', [ended], { sentAt: 19_000, outcome: 'refused' }, 'nothing'],
  ['refused within the bound of the grant', [ended, granted], { sentAt: 21_000 + bound, outcome: 'refused' }, 'nothing'],
  ['refused after the bound of the grant', [ended, granted], { sentAt: 21_001 + bound, outcome: 'refused' }, 'refused'],
  ['refused within the bound of the first grant', [granted], { sentAt: 22_000, outcome: 'refused' }, 'nothing'],
  ['unavailable while granted', [], { sentAt: 500, outcome: 'unavailable' }, 'nothing'],
  ['accepted after an end that a failover lost', [{ ...ended, lostAt: 8000 }], { sentAt: 9000 }, 'nothing'],
  ['refused after an end that a failover lost', [{ ...ended, lostAt: 8000 }], { sentAt: 9000, outcome: 'refused' }, 'nothing'],
  ['accepted before the failover that lost the end', [{ ...ended, lostAt: 8000 }], { sentAt: 7500 }, 'late'],
  [
    'accepted after an end that was lost and made again',
    [
      { ...ended, lostAt: 8000 },
      { ...ended, sentAt: 9000, acknowledgedAt: 9001 },
    ],
    { sentAt: 15_000 },
    'late',
  ],
  ['accepted after the grant was lost', [ended, { ...granted, lostAt: 30_000 }], { sentAt: 31_000 }, 'nothing'],
]
for (const [what, changes, call, wrong] of cases)
  test(`a call that is ${what} is ${wrong === 'nothing' ? 'right' : 'found'}`, () => {
    const { acceptedTooLate, refusedWrongly } = checkRights(aJournal(changes, [call]), () => bound)
    assert.deepEqual([acceptedTooLate.length, refusedWrongly.length], [wrong === 'late' ? 1 : 0, wrong === 'refused' ? 1 : 0])
  })

test('each place has a bound of its own', () => {
  const journal = aJournal([ended], [{ sentAt: 8000 }, { sentAt: 8000, place: 'guard 0' }, { sentAt: 8000, outcome: 'refused' }])
  const { acceptedTooLate, refusedAsRequired } = checkRights(journal, (place) => (place.startsWith('guard') ? 9000 : bound))
  assert.deepEqual([acceptedTooLate.map(({ place }) => place), refusedAsRequired], [['node 0'], 1])
})

test('a refusal by a guard whose clock is wrong is right for that time, and at that guard only', () => {
  const refused = [500, 1500, 2500].map((sentAt) => ({ sentAt, needs: ['other'], outcome: 'refused', place: 'guard 0' }) as const)
  const journal = aJournal([], [...refused, { ...refused[1]!, place: 'guard 1' }])
  journal.incidents.push({ fault: 'a clock', misleads: 'guard 0', startedAt: 501, endedAt: 2000 })
  const { refusedWrongly } = checkRights(journal, () => bound)
  assert.deepEqual(
    refusedWrongly.map(({ place, sentAt }) => [place, sentAt]),
    [
      ['guard 0', 2500],
      ['guard 1', 1500],
    ],
  )
})

test('a guard whose clock is wrong must not accept what ended', () => {
  const journal = aJournal([ended], [{ sentAt: 9000, place: 'guard 0' }])
  journal.incidents.push({ fault: 'a clock', misleads: 'guard 0', startedAt: 0, endedAt: 20_000 })
  assert.equal(checkRights(journal, () => bound).acceptedTooLate.length, 1)
})

test('a call without an answer is found, unless the process was down', () => {
  const unanswered = [500, 1500, 2500].map((sentAt) => ({ sentAt, outcome: 'unanswered' }) as const)
  const journal = aJournal([], [...unanswered, { ...unanswered[1]!, place: 'node 1' }, { sentAt: 500 }])
  journal.incidents.push({ fault: 'a kill', silences: 'node 0', startedAt: 501, endedAt: 2000 })
  assert.deepEqual(
    findUnansweredCalls(journal).map(({ place, sentAt }) => [place, sentAt]),
    [
      ['node 0', 2500],
      ['node 1', 1500],
    ],
  )
})

test('changes and tokens that the log lacks, or has twice, are found', () => {
  const done = { acknowledgedAt: 1 }
  const changes = [done, done, done, {}, {}, { ...done, lostAt: 2 }, { ...done, followsLoss: true }]
  const calls = ['whole', 'missing', 'twice', 'lost'].map((tokenId, i) => ({ tokenId, sentAt: i * 100 }))
  const journal = { ...aJournal(changes, calls), losses: [{ startedAt: 290, endedAt: 310 }] }
  const past = {
    changes: new Map([
      ['clients.update change-0', 1],
      ['clients.update change-2', 2],
      ['clients.update change-4', 2],
    ]),
    tokens: new Map([
      ['whole', 1],
      ['twice', 2],
    ]),
  }
  assert.deepEqual(checkLog(journal, past), {
    changesMissing: ['change-1'],
    changesTwice: ['change-2', 'change-4'],
    tokensMissing: ['missing'],
    tokensTwice: ['twice'],
    changesLost: 1,
    tokensLost: 1,
  })
})

test('the tail of a journal has what preceded an instant, in order', () => {
  const journal = aJournal([ended], [{ sentAt: 500 }, { sentAt: 3000 }])
  journal.incidents.push({ fault: 'a test', startedAt: 700 })
  assert.deepEqual(
    formatTail(journal, 2000)
      .split('\n')
      .map((line) => line.split(' ')[0]),
    ['500', '700', '1000'],
  )
})
