// What the commands of the three key rings share: adding a version on the machine of a server, and removing a retired one there.
import type { Command } from 'commander'
import type { Configuration, KeyRingPurpose, PlacedRing } from '@countersign/server'
import { CommandError, formatTable, printResult } from './output.ts'

interface Ring {
  readonly purpose: KeyRingPurpose
  readonly setting: 'secretPepper' | 'keyEncryptionKey' | 'auditKey'
  /** The command that adds a version, after "countersign ". */
  readonly command: string
  /** The last step after a rotation. */
  readonly afterwards: string
}

interface RotateOptions {
  readonly config: string
  readonly out?: string
  readonly json?: boolean
}

export function addRotate(parent: Command, usage: string, ring: Ring): void {
  parent
    .command(usage)
    .summary(`Add a new version to the ${ring.purpose}`)
    .description(
      `Add a new version to the ${ring.purpose}, with a new random key, in the file that the configuration names. The servers go on with the version before until all of them have the new one`,
    )
    .requiredOption('--config <file>', 'configuration file of the server')
    .option(
      '--out <file>',
      `new file for the whole ${ring.purpose}, where the configuration names an environment variable or a program instead of a file`,
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Run it on one machine only, as the owner of the file, and copy the file to the other machines: nodes with different keys under one
number never use that version. The file keeps its owner and its mode.

Example:
  countersign ${ring.command} --config countersign.yaml`,
    )
    .action((options: RotateOptions) => rotate(ring, options))
}

async function rotate(ring: Ring, { config, out, json }: RotateOptions): Promise<void> {
  const { addKeyRingVersion, loadConfiguration } = await import('@countersign/server')
  const placed = placedRing(ring, loadConfiguration(config), config)
  const isFile = placed.location.startsWith('file:')
  if (!isFile && out === undefined)
    throw new CommandError(`The ${ring.purpose} is in "${placed.location}", which this command cannot change.`, {
      next: `Add --out FILE: the whole ${ring.purpose} with the new version is written there, for you to put it where "${placed.location}" gets it.`,
    })
  if (isFile && out !== undefined)
    throw new CommandError(`The configuration reads the ${ring.purpose} from a file, which this command changes.`, {
      next: 'Leave out --out.',
    })
  const { version, file } = await addKeyRingVersion(placed, out)
  const result = { version, file, location: placed.location }
  printResult(json, result, () => describeRotation(ring, result))
}

function describeRotation(
  { purpose, afterwards }: Ring,
  { version, file, location }: { version: number; file: string; location: string },
): string {
  const [kind] = location.split(':', 1)
  const places = {
    file: `1. Back up "${file}", and copy it to every other node with the same owner and mode.
2. Let every server read it again: send it SIGHUP (systemctl reload countersign).`,
    exec: `1. Back up "${file}", and let the program of "${location}" print what is in it, on every node. Then delete the file.
2. Let every server read it again: send it SIGHUP (systemctl reload countersign).`,
    env: `1. Back up "${file}", and set the variable of "${location}" to what is in it, on every node. Then delete the file.
2. Restart every server, one after the other.`,
  }
  return `Version ${version} of the ${purpose} was written to "${file}". No server uses it yet.

Next:
${places[kind as keyof typeof places]}
3. ${afterwards}`
}

/** @throws CommandError if the configuration does not name the ring */
function placedRing({ purpose, setting }: Pick<Ring, 'purpose' | 'setting'>, configuration: Configuration, config: string): PlacedRing {
  const location = configuration[setting]
  if (location === undefined)
    throw new CommandError(`"${config}" has no "${setting}".`, { next: `Set "${setting}" to a new file, and restart every server.` })
  return { purpose, location }
}

/** The last step of retiring a version, on this machine. Idempotent. @returns what was done, as a sentence */
export async function removeFromFile(ring: Pick<Ring, 'purpose' | 'setting'>, version: number, config: string): Promise<string> {
  const { loadConfiguration, removeKeyRingVersion } = await import('@countersign/server')
  const configuration = loadConfiguration(config)
  const placed = placedRing(ring, configuration, config)
  if (!placed.location.startsWith('file:')) return `Remove the line "v${version}:…" by hand from what "${placed.location}" gets.`
  const isRemoved = await removeKeyRingVersion(placed, version, configuration.store)
  const file = placed.location.slice('file:'.length)
  return isRemoved ? `"${file}" no longer has version ${version}.` : `"${file}" does not have version ${version}.`
}

export function parseVersion(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new CommandError(`"${text}" is not the number of a version.`, { next: 'Use a number such as 1; "status" shows the versions.' })
}

/** What a retired version leaves to do on other machines. */
export function describeRest(what: 'pepper' | 'key-encryption-key', version: number, done: string | undefined): string {
  const command = `countersign ${what} retire ${version} --config countersign.yaml --yes`
  return `${done ?? `It is still in the key rings of the servers: run "${command}" on each machine.`}${done === undefined ? '' : `\nOn every other machine run it, too: ${command}`}
Then send SIGHUP to every server. Backups of the store from before need version ${version}: keep a copy of it with them, as long as you keep them.`
}

type Nodes = readonly { readonly node: string; readonly versions: readonly number[] | null; readonly differing: readonly number[] }[]

export function describeNodes(nodes: Nodes): string {
  return formatTable(
    ['NODE', 'VERSIONS', 'NOTE'],
    nodes.map(({ node, versions, differing }, index) => [
      node,
      versions?.join(', ') ?? 'unknown',
      [
        ...(index === 0 ? ['this one'] : []),
        ...(versions === null ? ['of an older version of the server, or just starting'] : []),
        ...(differing.length > 0 ? [`another key as version ${differing.join(', ')}: replace its file`] : []),
      ].join('; '),
    ]),
  )
}

/** The next step of an operator, by the versions. */
export function nextOf(
  what: 'pepper' | 'key-encryption-key',
  versions: readonly { version: number; state: string; missingOn: readonly string[] }[],
  nodes: Nodes,
): string[] {
  return versions.flatMap(({ version, state, missingOn }) => {
    if (state === 'waiting') return [describeWaiting(version, missingOn, nodes)]
    if (state === 'retired')
      return [
        `Version ${version} is retired: countersign ${what} retire ${version} --config countersign.yaml removes it on the machine that still has it.`,
      ]
    return state !== 'retired' && missingOn.length > 0 ? [`Version ${version} is needed and missing on ${missingOn.join(', ')}.`] : []
  })
}

function describeWaiting(version: number, missingOn: readonly string[], nodes: Nodes): string {
  const differing = nodes.filter((one) => one.differing.includes(version)).map(({ node }) => node)
  if (differing.length > 0)
    return `Version ${version} is not used: ${differing.join(', ')} has another key under this number. Copy the file of one node to all others, and send them SIGHUP.`
  if (missingOn.length === 0) return `Version ${version} waits for the next comparison of the nodes, in a few seconds.`
  return `Version ${version} waits for ${missingOn.join(', ')}: copy the file there, and send SIGHUP. A node that was killed is not waited for after 20 s.`
}
