// One fault shows in several scenarios: a backend that does not renew after a 401 fails in four. What has the same remedy as what an earlier
// scenario found is told there only.
import type { Result } from './run-scenarios.ts'

/** @returns a function to call with each result in turn, which leaves out the faults that an earlier result had */
export function createFaultFilter(): (result: Result) => Result {
  const foundBy = new Map<string, string>()
  return (result) => {
    const remedyOf = ({ remedy = result.remedy }: Result['faults'][number]) => remedy
    const faults = result.faults.filter((fault) => !foundBy.has(remedyOf(fault)))
    const known = result.faults.find((fault) => foundBy.has(remedyOf(fault)))
    const notes = known === undefined ? result.notes : [`The fault that "${foundBy.get(remedyOf(known))}" found shows here, too.`]
    for (const fault of faults) foundBy.set(remedyOf(fault), result.id)
    if (result.outcome !== 'wrong' || known === undefined) return result
    return faults.length > 0 ? { ...result, faults } : { ...result, outcome: 'not tested', faults, notes }
  }
}
