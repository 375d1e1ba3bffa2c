import { parseArgs } from 'node:util'
import { storeKinds, type StoreKind } from './audit-log/fill.ts'

export const measurementNames = [
  'token',
  'grants',
  'guard',
  'adapters',
  'client',
  'gateway',
  'audit-search',
  'audit-retention',
  'console',
  'pages',
  'peers',
] as const
/** Without names; the peers have to be fetched and built, which takes many minutes the first time, and an audit log has to be filled. */
const defaultNames = ['token', 'grants', 'guard', 'client'] as const
export type MeasurementName = (typeof measurementNames)[number]

export interface CommandLine {
  readonly names: readonly MeasurementName[]
  readonly isQuick: boolean
  readonly wantsHelp: boolean
  readonly rounds: number | undefined
  readonly seconds: number | undefined
  readonly connections: number | undefined
  readonly profileDirectory: string | undefined
  /** Undefined for all. */
  readonly store: StoreKind | undefined
}

export const helpText = `Usage: npm run bench -- [token] [grants] [guard] [adapters] [client] [gateway] [audit-search] [audit-retention] [console] [pages] [peers] [options]

Runs the named measurements (default: token, grants, guard and client) and writes bench/results/<name>.json.

  --rounds N        rounds, in each of which every contestant has a turn (token 9, grants 9, guard 25, adapters 40, client 9,
                    gateway 9, audit-retention 3, console 9, pages 5, peers 9)
  --seconds N       load time of a turn (token, grants, peers; 2; gateway, console; 5), or while events are removed (audit-retention; 90)
  --connections N   concurrent keep-alive connections (token 64, grants 64, gateway 16, console 32, peers 32)
  --store KIND      only sqlite, or only postgres, with a result of its own (audit-search, audit-retention)
  --quick           fewer and shorter turns
  --profile DIR     write a CPU profile of each server process to DIR (token, grants); a profiled run is slower
  --help            show this text`

const options = {
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  connections: { type: 'string' },
  quick: { type: 'boolean', default: false },
  profile: { type: 'string' },
  store: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** @throws TypeError for anything that {@link helpText} does not name. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const unknown = positionals.find((name) => !isMeasurementName(name))
  if (unknown !== undefined) throw new TypeError(`Unknown measurement "${unknown}"; expected ${measurementNames.join(', ')}`)
  const given = positionals.filter(isMeasurementName)
  const names = given.length > 0 ? given : defaultNames
  const store = readStore(values.store)
  const storeless = names.find((name) => name !== 'audit-search' && name !== 'audit-retention')
  if (store !== undefined && storeless !== undefined) throw new TypeError(`"--store" has no meaning for ${storeless}`)
  return {
    names,
    isQuick: values.quick,
    wantsHelp: values.help,
    rounds: readCount('rounds', values.rounds),
    seconds: readCount('seconds', values.seconds),
    connections: readCount('connections', values.connections),
    profileDirectory: values.profile,
    store,
  }
}

function isMeasurementName(name: string): name is MeasurementName {
  return (measurementNames as readonly string[]).includes(name)
}

function readStore(text: string | undefined): StoreKind | undefined {
  const kind = storeKinds.find((one) => one === text)
  if (text !== undefined && !kind) throw new TypeError(`"--store" must be ${storeKinds.join(' or ')}; found "${text}"`)
  return kind
}

function readCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new TypeError(`"--${name}" must be a whole number of at least 1; found "${text}"`)
  return Number(text)
}
