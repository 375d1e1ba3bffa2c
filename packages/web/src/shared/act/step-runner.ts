// Runs several steps in turn, each under its own Idempotency-Key, and goes on where it stopped.
import { useRef, useState } from 'preact/hooks'
import type { OperationName } from '@countersign/admin'
import { call, type Input } from '../call.ts'
import { CallError, unreachable } from '../call-error.ts'
import { refreshAll } from '../reads.ts'
import { keepsKey, kindOf, type Failed } from './outcome.ts'

/** The answers of the steps before, by their ids. */
export type Made = Readonly<Record<string, unknown>>

export interface Step {
  readonly id: string
  /** What it does: "Make the organization". */
  readonly title: string
  readonly run: (idempotencyKey: string, made: Made) => Promise<unknown>
}

/** @param input gets the answers of the steps before */
export function stepOf<Name extends OperationName>(id: string, title: string, operation: Name, input: (made: Made) => Input<Name>): Step {
  return { id, title, run: (idempotencyKey, made) => call(operation, input(made), { idempotencyKey }) }
}

export interface StepFailure {
  readonly id: string
  readonly kind: Failed
  readonly error: CallError
}

export interface StepRunner {
  readonly made: Made
  /** The step that runs now. */
  readonly running: string | undefined
  readonly failure: StepFailure | undefined
  /** The steps whose first answer was lost. */
  readonly repeated: ReadonlySet<string>
  readonly run: (steps: readonly Step[]) => Promise<Made | undefined>
}

export function useStepRunner(): StepRunner {
  const keys = useRef(new Map<string, string>())
  const repeated = useRef(new Set<string>())
  const [made, setMade] = useState<Made>({})
  const [running, setRunning] = useState<string>()
  const [failure, setFailure] = useState<StepFailure>()

  const run = async (steps: readonly Step[]) => {
    const all: Record<string, unknown> = { ...made }
    setFailure(undefined)
    for (const { id, run } of steps) {
      if (id in all) continue
      setRunning(id)
      const key = keys.current.get(id) ?? crypto.randomUUID()
      keys.current.set(id, key)
      try {
        all[id] = (await run(key, all)) ?? null
        setMade({ ...all })
      } catch (thrown) {
        const error = thrown instanceof CallError ? thrown : unreachable()
        const kind = kindOf(error)
        if (!keepsKey(kind)) keys.current.delete(id)
        if (kind === 'lost') repeated.current.add(id)
        setFailure({ id, kind, error })
        setRunning(undefined)
        void refreshAll()
        return undefined
      }
    }
    setRunning(undefined)
    void refreshAll()
    return all
  }
  return { made, running, failure, repeated: repeated.current, run }
}
