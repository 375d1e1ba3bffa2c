// Loaded with `--import` before a server: its wall clock differs from the machine's by the milliseconds in a file, as if the clock of
// its machine had been set. Monotonic clocks and timers are not affected, as on a real machine.
import { readFileSync } from 'node:fs'
import { clockVariable } from './clock-variable.ts'

const file = process.env[clockVariable]
const MachineDate = Date
let differenceMs = 0

function readDifference(): void {
  try {
    differenceMs = Number(readFileSync(file!, 'utf8'))
  } catch {
    differenceMs = 0 // No file: the clock was never moved.
  }
}

if (file !== undefined) {
  readDifference()
  setInterval(readDifference, 50).unref()
  const now = () => MachineDate.now() + differenceMs
  globalThis.Date = new Proxy(MachineDate, {
    construct: (target, all, newTarget) => Reflect.construct(target, all.length === 0 ? [now()] : all, newTarget) as Date,
    apply: () => new MachineDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
  })
}
