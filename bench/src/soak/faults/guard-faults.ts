// Faults of a remote guard: its network and its clock.
import type { Cluster } from './cluster.ts'
import type { Fault } from './fault.ts'
import { pause } from './pause.ts'
import { createRandom, type Random } from './random.ts'

export function faultsOfGuard({ guards }: Cluster, number: number, random: Random): Fault[] {
  const { setNetwork, setClock } = guards[number]!
  const open = () => Promise.resolve()
  const through = (name: string, pass: () => Promise<void>): Fault => ({
    name: `guard ${number}: ${name}`,
    occupies: [`guard ${number}`],
    begin() {
      setNetwork(pass)
      return Promise.resolve(() => Promise.resolve(setNetwork(open)))
    },
  })
  const set = (differenceMs: number): Fault => ({
    name: `guard ${number}: its clock is ${differenceMs} ms ahead`,
    occupies: [`clock of guard ${number}`],
    begin() {
      setClock(differenceMs)
      return Promise.resolve(() => Promise.resolve(setClock(0)))
    },
  })
  // Tokens are held for two of their five minutes, a guard may be a minute behind, and nodes differ by a few seconds.
  const tolerated = () => Math.round(jumpsOf.between(-50_000, 100_000))
  const jumpsOf = createRandom(random.between(0, 2 ** 32))
  return [
    through('its node refuses connections', () => Promise.reject(new TypeError('fetch failed'))),
    through('its node is two seconds away', () => pause(2000)),
    set(tolerated()),
    // Then every token has expired, or is not valid yet.
    { ...set(random.pick([3_600_000, -3_600_000])), misleads: `guard ${number}` },
    {
      ...set(0),
      name: `guard ${number}: its clock jumps again and again`,
      begin() {
        const jumps = setInterval(() => setClock(tolerated()), 400)
        return Promise.resolve(() => (clearInterval(jumps), Promise.resolve(setClock(0))))
      },
    },
  ]
}
