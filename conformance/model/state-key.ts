// One string for each state, and the same for states that differ only in the names of nodes or guards. Every number becomes a character;
// written for speed, because it is called for every step.
import type { Client, Guard, KeyState, Message, Node, State, Token } from './state.ts'

const letters: Readonly<Record<KeyState, number>> = { none: 0, staged: 1, active: 2, retiring: 3, retired: 4, compromised: 5 }
const secretLetters = { none: 0, live: 1, ended: 2 } as const
const forgetLetters = { nothing: 0, other: 1, followed: 2, all: 3 } as const
const phases = { drafted: 1, recorded: 2, spooled: 3, signed: 4 } as const
/** Ends a list, or stands for what is not there. No number of a state is as large. */
const end = 999

/** `old` is -2. */
function toText(numbers: readonly number[]): string {
  return String.fromCharCode.apply(
    null,
    numbers.map((number) => number + 2),
  )
}

/** All of a node in one number, so that nodes can be put in order. */
function numberOf({ isRunning, lease, applied, keys, cache }: Node): number {
  let number = (Number(isRunning) * 8 + lease) * 8 + applied
  for (const key of keys) number = number * 6 + letters[key]
  for (const view of cache) number = number * 17 + view + 1
  return number
}

export function keyOf({ log, keys, clients, nodes, guards, token }: State): string {
  const numbers = nodes.map(numberOf)
  const order = numbers.map((_, index) => index)
  if (numbers.length > 1) order.sort((one, other) => numbers[one]! - numbers[other]! || one - other)
  const nodeNames = order.map((_, index) => order.indexOf(index))
  const written: number[] = []
  for (const change of log) written.push(change.client === undefined ? 50 + change.compromised : change.client)
  written.push(end)
  for (const { state, age, isEmergency, everywhere } of keys) written.push(letters[state], age, Number(isEmergency), everywhere)
  for (const client of clients) writeClient(client, written)
  for (const node of order) written.push(numbers[node]! % 30_000, Math.trunc(numbers[node]! / 30_000))
  if (token) writeToken(token, nodeNames, written)
  written.push(end)
  if (guards.length === 1) writeGuard(guards[0]!, nodeNames, written)
  return guards.length < 2
    ? toText(written)
    : toText(written) +
        guards
          .map((guard) => toText(writeGuard(guard, nodeNames, [])))
          .toSorted()
          .join('')
}

function writeClient({ disabled, tokenRevoked, secrets, isProven, window }: Client, written: number[]): void {
  written.push(disabled, tokenRevoked, Number(isProven), window)
  for (const { state, ended } of secrets) written.push(secretLetters[state], ended)
}

function writeToken({ phase, node, client, secret, key, age, place }: Token, nodeNames: readonly number[], written: number[]): void {
  written.push(phases[phase], nodeNames[node] ?? end, client, secret, key, age, place)
}

function writeMessage({ to, age, underWay, forgets, gone }: Message, written: number[]): void {
  written.push(to, age, underWay, forgetLetters[forgets], gone)
}

function writeGuard(
  { place, age, document, gone, stream, answer, lookup }: Guard,
  nodeNames: readonly number[],
  written: number[],
): number[] {
  written.push(place, age, document, gone)
  if (stream) {
    written.push(nodeNames[stream.node]!, stream.sent)
    if (stream.event) writeMessage(stream.event, written)
  }
  written.push(end)
  if (answer) writeMessage(answer, written)
  written.push(end)
  if (lookup) written.push(lookup.revision, lookup.value, lookup.underWay)
  written.push(end)
  return written
}
