// Several subjects lose and regain rights at the same time, each by one change after another, until the run ends.
import type { SubjectChanges } from './change-subjects.ts'
import type { Subject } from './subject.ts'

/**
 * Resolves after `until`, when each change that was sent has been answered.
 * @param subjects grows and shrinks as subjects are created and retired
 */
export async function runChanges(changes: SubjectChanges, subjects: Subject[], count: number, until: AbortSignal): Promise<void> {
  let number = 0
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (!until.aborted) {
        const subject = await changes.create(`changed-${++number}`)
        while (!until.aborted && !subject.isDoubtful) await changes.changeOnce(subject)
        if (!subject.isDoubtful) return
        await changes.endForGood(subject)
        subjects.splice(subjects.indexOf(subject), 1)
      }
    }),
  )
}
