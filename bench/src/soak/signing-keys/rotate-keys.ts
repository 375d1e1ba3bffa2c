// Rotations of the keys of one realm by an operator, one after the other; at each a node is killed by SIGKILL at one of the moments below.
// The operator goes on at another node.
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { ServedNode } from '../served-nodes.ts'
import { createKeyCommands, type CommandOutcome, type SigningKey } from './key-commands.ts'
import type { KeyRealm } from './key-cluster.ts'
import type { NodeKiller } from './node-killer.ts'

export const moments = [
  'while the next key is staged',
  'before the next key is staged',
  'while the key is published',
  'before the activation',
  'during the activation',
  'after the activation',
  'before the retirement',
  'during the retirement',
] as const
export type Moment = (typeof moments)[number]

export interface RotationCounts {
  rotations: number
  readonly kills: Record<Moment, number>
  /** Commands whose node was killed before it answered: half of them may have been done. */
  unanswered: number
  /** Activations before their time. */
  earlyTried: number
  earlyDone: number
}

export interface RotateOptions {
  readonly publishBeforeMs: number
  /** After a key may sign, until it is activated: what nodes take to publish it. */
  readonly marginMs: number
}

/** A request is killed at a random instant of the time that it takes. */
const requestMs = 25
const maxStaged = 3

export function createRotation(
  nodes: readonly ServedNode[],
  realm: KeyRealm,
  killer: NodeKiller,
  options: RotateOptions,
  counts: RotationCounts,
) {
  const commands = createKeyCommands(realm)
  let lastActivation = -Infinity

  const aNode = () => nodes[Math.floor(Math.random() * nodes.length)]!
  /** At a node that answers. */
  const look = async (): Promise<readonly SigningKey[]> => {
    for (const node of nodes) {
      const keys = await commands.noteStates(node).catch(() => undefined)
      if (keys) return keys
    }
    throw new Error('No node tells the keys of a realm')
  }
  const inState = (keys: readonly SigningKey[], state: SigningKey['state']) => keys.filter((key) => key.state === state)
  const due = (text: string | null) => pause(Math.max(0, Date.parse(text ?? '') - Date.now() || 0))

  /** Until another node does what the killed one may have left undone. */
  async function certainly(command: (node: ServedNode) => Promise<CommandOutcome>, isDone: () => Promise<boolean>): Promise<void> {
    await eventually('a command on a key is done', async () => {
      if (await isDone()) return true
      const outcome = await command(aNode())
      if (outcome === 'not answered') counts.unanswered++
      return (await isDone()) || undefined
    })
  }

  /** Sends a command to the victim, and kills it before, during or after. */
  async function killDuring(command: (node: ServedNode) => Promise<CommandOutcome>): Promise<void> {
    await killer.withVictim(async ({ node, kill }) => {
      const asked = command(node)
      await pause(Math.random() * requestMs)
      await kill()
      if ((await asked) === 'not answered') counts.unanswered++
    })
  }
  const killNow = () => killer.withVictim(({ kill }) => kill())

  async function stage(moment: Moment): Promise<void> {
    const staged = inState(await look(), 'staged').length
    if (moment === 'before the next key is staged') await killNow()
    if (moment === 'while the next key is staged' && staged < maxStaged) await killDuring((node) => commands.stage(node))
    await certainly(commands.stage, async () => inState(await look(), 'staged').length > 0)
  }

  /** The key that signs next, when it may and guards had the time to read it. */
  async function awaitReserve(moment: Moment): Promise<SigningKey> {
    const reserve = (await look()).find((key) => key.reserve)
    if (!reserve) throw new Error(`The realm "${realm.name}" has no key in reserve`)
    const mayAt = Date.parse(reserve.maySignFrom ?? '')
    const at = Math.max(mayAt + options.marginMs, lastActivation + options.publishBeforeMs)
    if (mayAt - Date.now() > 500) {
      counts.earlyTried++
      if ((await commands.activate(aNode(), reserve.keyId)) === 'done') counts.earlyDone++
    }
    if (moment === 'while the key is published') {
      await pause(Math.random() * Math.max(0, at - Date.now()))
      await killNow()
    }
    await pause(Math.max(0, at - Date.now()))
    return reserve
  }

  async function activate({ keyId }: SigningKey, moment: Moment): Promise<void> {
    const command = (node: ServedNode) => commands.activate(node, keyId)
    const isActive = async () => (await look()).some((key) => key.keyId === keyId && key.state === 'active')
    if (moment === 'before the activation')
      await killer.withVictim(async ({ kill }) => {
        await kill()
        await certainly(command, isActive) // While it is down.
      })
    if (moment === 'during the activation') await killDuring(command)
    if (moment === 'after the activation')
      await killer.withVictim(async ({ node, kill }) => {
        await command(node)
        await kill()
      })
    await certainly(command, isActive)
    lastActivation = Date.now()
  }

  /** The servers do it by themselves when it is due; so the operator comes at about the same time. */
  async function retire(moment: Moment): Promise<void> {
    if (moment !== 'before the retirement' && moment !== 'during the retirement') return
    const [first] = inState(await look(), 'retiring').toSorted((a, b) => Date.parse(a.keptUntil ?? '') - Date.parse(b.keptUntil ?? ''))
    if (!first) return killNow()
    await due(first.keptUntil)
    if (moment === 'before the retirement') await killNow()
    else await killDuring((node) => commands.retire(node, first.keyId))
    await certainly(
      (node) => commands.retire(node, first.keyId),
      async () => !inState(await look(), 'retiring').some(({ keyId }) => keyId === first.keyId),
    )
  }

  return {
    commands,
    look,
    /** Stages a key unless there is one. */
    ensureReserve: () => certainly(commands.stage, async () => inState(await look(), 'staged').length > 0),
    async rotate(moment: Moment): Promise<void> {
      await stage(moment)
      await activate(await awaitReserve(moment), moment)
      await retire(moment)
      counts.rotations++
      counts.kills[moment]++
    },
  }
}
