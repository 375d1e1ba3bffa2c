// Several subjects lose and regain rights at the same time, each by one change after another, until the run ends.
import type { SubjectChanges } from './change-subjects.ts'
import { pause } from './pause.ts'
import type { Subject } from './subject.ts'

export interface RunningChanges {
  /** Ends it; each change that was sent is repeated until it is answered. */
  end(): Promise<void>
}

/** @param subjects grows and shrinks as subjects are created and retired */
export function runChanges(changes: SubjectChanges, subjects: Subject[], count: number): RunningChanges {
  const ended = new AbortController()
  let number = 0
  const loops = Array.from({ length: count }, async () => {
    while (!ended.signal.aborted) {
      const subject = await changes.create(`changed-${++number}`)
      while (!ended.signal.aborted && !subject.isDoubtful) await changes.changeOnce(subject)
      if (!subject.isDoubtful) return
      await changes.endForGood(subject)
      subjects.splice(subjects.indexOf(subject), 1)
      await pause(0)
    }
  })
  // A defect of the run itself is reported by `end`.
  for (const loop of loops) loop.catch(() => {})
  return {
    async end() {
      ended.abort()
      await Promise.all(loops)
    },
  }
}
