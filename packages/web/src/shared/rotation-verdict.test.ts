import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { cutOffBy, cutsOffOf, notMovedOf, describeStanding, findPlaces, judge, type Rotation } from './rotation-verdict.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 10, 28, 9, 12)
const ago = (ms: number) => new Date(now - ms).toISOString()
const ahead = (ms: number) => ago(-ms)

interface Facts {
  readonly state?: Rotation['state']
  /** Milliseconds ago; null for never. */
  readonly oldUsed?: number | null
  readonly newUsed?: number | null
  /** Milliseconds from now. */
  readonly ends?: number
  /** How long the old secret must be unused. */
  readonly quiet?: number
  /** How long it should be unused; by default no longer. */
  readonly advised?: number
  /** Between two uses. */
  readonly gap?: number
  readonly isDue?: boolean
}

function aRotation({
  state = 'overlapping',
  oldUsed = 6 * hourMs,
  newUsed = 12_000,
  ends = 36 * hourMs,
  quiet = 2 * hourMs,
  advised = quiet,
  gap,
  isDue = false,
}: Facts = {}): Rotation {
  const due = { remindAt: ahead(dayMs), isDue }
  const secret = {
    id: 'new',
    lastFour: 'Ab3x',
    createdAt: ago(5 * dayMs),
    firstUsedAt: ago(4 * dayMs),
    lastUsedAt: ago(12_000),
    expiresAt: null,
    state: 'new' as const,
  }
  if (state === 'stable')
    return {
      state,
      secrets: [{ ...secret, state: 'current' }],
      startedAt: null,
      windowEndsAt: null,
      oldSecretLastUsedAt: null,
      oldSecretUsualGapSeconds: null,
      confirmableAt: null,
      endAdvisedAt: null,
      due,
    }
  const isProven = state === 'overlapping' && newUsed !== null
  const oldLastUsedAt = oldUsed === null ? null : ago(oldUsed)
  return {
    state,
    secrets: [
      { ...secret, firstUsedAt: isProven ? ago(4 * dayMs) : null, lastUsedAt: isProven ? ago(newUsed) : null },
      {
        ...secret,
        id: 'old',
        lastFour: '9fQz',
        createdAt: ago(170 * dayMs),
        lastUsedAt: oldLastUsedAt,
        expiresAt: ahead(ends),
        state: 'old',
      },
    ],
    startedAt: ago(5 * dayMs),
    windowEndsAt: ahead(ends),
    oldSecretLastUsedAt: oldLastUsedAt,
    oldSecretUsualGapSeconds: gap === undefined ? null : gap / 1000,
    confirmableAt: state === 'issued' ? null : oldUsed === null ? ago(4 * dayMs) : ahead(quiet - oldUsed),
    endAdvisedAt: state === 'issued' ? null : oldUsed === null ? ago(4 * dayMs) : ahead(advised - oldUsed),
    due,
  }
}

function aUse(id: 'new' | 'old' | 'another', address: string | null, ms: number, userAgent = 'axios/1') {
  return {
    credential: { id, kind: 'client_secret', label: id, state: 'old' as const, createdAt: null },
    address,
    userAgent,
    lastAt: ago(ms),
  }
}

const said = (rotation: Rotation, uses: ReturnType<typeof aUse>[] = []) => {
  const { kind, tone, title, sentences } = judge(rotation, findPlaces(rotation, uses, now), now)
  return { kind, tone, text: [title, ...sentences].join(' ') }
}

suite('the verdict on a rotation', () => {
  test('the old secret can be ended once it is unused: with who has moved and who is silent', () => {
    const uses = ['1', '2', '3'].flatMap((last) => [
      aUse('new', `198.51.100.${last}`, minuteMs),
      aUse('old', `198.51.100.${last}`, 17 * hourMs),
    ])
    assert.deepEqual(said(aRotation(), [...uses, aUse('old', '2001:db8:9::/64', 30 * hourMs)]), {
      kind: 'can-end',
      tone: 'ok',
      text: 'You can end the old secret now. It was not used for 6 h. 3 of 4 addresses have moved to the new secret; 1 has been silent for 30 h: ask first.',
    })
  })

  test('an old secret that was never used can be ended', () => {
    assert.equal(said(aRotation({ oldUsed: null })).text, 'You can end the old secret now. It was never used.')
  })

  test('while the old secret is in use it cannot: with the last caller', () => {
    const uses = [aUse('old', '198.51.100.9', 2 * minuteMs), aUse('new', '198.51.100.7', minuteMs), aUse('old', '198.51.100.7', 5 * hourMs)]
    assert.deepEqual(said(aRotation({ oldUsed: 2 * minuteMs, ends: 6 * dayMs }), uses), {
      kind: 'in-use',
      tone: 'go',
      text: 'Not yet: the old secret is in use. 198.51.100.9 used the old secret 2 min ago. 1 of 2 addresses have moved to the new secret. The old secret ends by itself in 6 days.',
    })
  })

  test('a secret that was used every 20 minutes is not out of use after 6: it is waited for, although it may be ended', () => {
    const facts = { quiet: 6 * minuteMs, advised: hourMs, gap: 20 * minuteMs, ends: 6 * dayMs }
    assert.deepEqual(said(aRotation({ ...facts, oldUsed: 7 * minuteMs })), {
      kind: 'in-use',
      tone: 'go',
      text: 'Not yet: the old secret is in use. It was used about every 20 min, and is quiet for 7 min. The old secret ends by itself in 6 days.',
    })
    assert.match(
      said(aRotation({ ...facts, oldUsed: 5 * minuteMs })).text,
      /^Not yet: the old secret is in use\. A caller used the old secret 5 min ago/,
    )
    assert.equal(said(aRotation({ ...facts, oldUsed: hourMs })).kind, 'can-end')
    const soon = said(aRotation({ ...facts, oldUsed: 7 * minuteMs, ends: hourMs }))
    assert.deepEqual([soon.kind, soon.tone], ['cuts-off', 'bad'])
  })

  test('a window that ends soon while the old secret is in use cuts callers off', () => {
    const verdict = said(aRotation({ oldUsed: 2 * minuteMs, ends: 9 * hourMs }), [aUse('old', '198.51.100.9', 2 * minuteMs)])
    assert.deepEqual([verdict.kind, verdict.tone], ['cuts-off', 'bad'])
    assert.match(verdict.text, /^Callers will be cut off in 9 h\. 198\.51\.100\.9 used the old secret 2 min ago\./)
  })

  test('a new secret that was not used is waited for, until the window ends soon', () => {
    assert.equal(said(aRotation({ state: 'issued', ends: 6 * dayMs })).kind, 'unproven')
    const soon = said(aRotation({ state: 'issued', ends: 9 * hourMs, oldUsed: minuteMs }))
    assert.deepEqual([soon.kind, soon.tone], ['cuts-off', 'bad'])
    assert.match(soon.text, /^The client will be cut off in 9 h\. The new secret was never used\. A caller used the old secret 1 min ago\./)
  })

  test('a client that uses neither is no alarm', () => {
    assert.equal(said(aRotation({ state: 'issued', ends: 9 * hourMs, oldUsed: null })).tone, 'warn')
  })

  test('one secret: due, not due, none', () => {
    assert.equal(said(aRotation({ state: 'stable' })).kind, 'one-secret')
    assert.equal(said(aRotation({ state: 'stable', isDue: true })).kind, 'due')
    assert.equal(said({ ...aRotation({ state: 'stable' }), secrets: [] }).kind, 'no-secret')
  })

  test('for every state and time of use: what the end of the window would do, and the kind of the verdict, agree', () => {
    for (const state of ['issued', 'overlapping'] as const)
      for (const oldUsed of [null, 0, minuteMs, 2 * hourMs - 1, 2 * hourMs, 30 * dayMs])
        for (const ends of [1, hourMs, 3 * dayMs - 1, 3 * dayMs, 30 * dayMs]) {
          const rotation = aRotation({ state, oldUsed, ends })
          const cutsOff = cutsOffOf(rotation, now)
          const { kind } = said(rotation)
          if (cutsOff === null) assert.equal(kind, 'can-end')
          else if (ends < 3 * dayMs) assert.equal(kind, 'cuts-off')
          else assert.equal(kind, cutsOff === 'new-unused' ? 'unproven' : 'in-use')
          assert.equal(cutsOff === 'old-in-use', state === 'overlapping' && oldUsed !== null && oldUsed < 2 * hourMs)
        }
  })
})

suite('addresses of a rotation', () => {
  const standings = (uses: ReturnType<typeof aUse>[], rotation = aRotation({ oldUsed: 2 * minuteMs })) =>
    findPlaces(rotation, uses, now).map(({ address, standing }) => [address, standing])

  test('those that still have the old secret come first', () => {
    assert.deepEqual(
      standings([
        aUse('new', 'd', minuteMs),
        aUse('new', 'c', 2 * minuteMs),
        aUse('old', 'c', 5 * hourMs),
        aUse('old', 'e', 30 * hourMs),
        aUse('old', 'a', 2 * minuteMs),
        aUse('new', 'b', minuteMs),
        aUse('old', 'b', 3 * minuteMs),
      ]),
      [
        ['a', 'old'],
        ['b', 'both'],
        ['e', 'silent'],
        ['c', 'moved'],
        ['d', 'new'],
      ],
    )
  })

  test('programs of one address count together, and the last one is named', () => {
    const [place] = findPlaces(
      aRotation(),
      [aUse('old', 'a', 10 * hourMs, 'curl/8'), aUse('new', 'a', minuteMs, 'axios/1'), aUse('old', 'a', 9 * hourMs)],
      now,
    )
    assert.deepEqual([place?.userAgent, place?.oldLastAt, place?.newLastAt], ['axios/1', ago(9 * hourMs), ago(minuteMs)])
  })

  test('earlier secrets, and uses from long before the rotation, say nothing', () => {
    assert.deepEqual(standings([aUse('another', 'a', minuteMs), aUse('old', 'b', 13 * dayMs)]), [])
  })

  test('who is cut off: all that did not move', () => {
    const uses = [aUse('old', 'a', 2 * minuteMs), aUse('old', null, 30 * hourMs), aUse('new', 'c', minuteMs), aUse('old', 'c', 9 * hourMs)]
    const rotation = aRotation({ oldUsed: 2 * minuteMs })
    assert.deepEqual(
      cutOffBy(findPlaces(rotation, uses, now)).map(({ address }) => address),
      ['a', null],
    )
  })

  test('who has not asked with the new secret since: not the one that used both, the new one last', () => {
    const uses = [
      aUse('old', 'a', 6 * minuteMs),
      aUse('new', 'a', 3 * minuteMs),
      aUse('old', 'b', 3 * minuteMs),
      aUse('new', 'b', 6 * minuteMs),
      aUse('old', 'c', 30 * hourMs),
      aUse('new', 'd', minuteMs),
    ]
    const places = findPlaces(aRotation({ oldUsed: 3 * minuteMs }), uses, now)
    assert.deepEqual(
      notMovedOf(places).map(({ address }) => address),
      ['b', 'c'],
    )
  })

  test('a new secret that was used first a moment ago does not make every use of the old one recent', () => {
    const first = ago(minuteMs)
    const overlapping = aRotation({ oldUsed: 20 * hourMs, newUsed: minuteMs })
    const [fresh, old] = overlapping.secrets
    const rotation = { ...overlapping, secrets: [{ ...fresh!, firstUsedAt: first }, old!], confirmableAt: first, endAdvisedAt: first }
    assert.deepEqual(standings([aUse('old', 'a', 20 * hourMs), aUse('new', 'a', minuteMs)], rotation), [['a', 'moved']])
  })

  test('a standing is said in words with a tone', () => {
    const [place] = findPlaces(aRotation(), [aUse('old', 'a', 30 * hourMs)], now)
    assert.deepEqual(describeStanding(place!, now), { tone: 'warn', words: 'silent for 30 h' })
  })
})
