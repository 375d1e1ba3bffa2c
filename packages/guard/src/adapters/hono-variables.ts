// What a handler of Hono finds in `c.var` and by `c.get()`. Hono keeps plain values, so where there is no access, reading it is made to throw:
// `undefined` would be overlooked by `c.var.access?.token`.
import type { Context } from 'hono'
import type { Access, Denial } from '../access.ts'
import { readAccess, readDecision } from './decide.ts'

/** @param decision `undefined` on an open route */
export function provide(c: Context, decision: Access | Denial | undefined): void {
  if (decision) c.set('decision', decision)
  if (decision?.allowed) c.set('access', decision)
  else withhold(c, decision)
}

function withhold(c: Context, decision: Denial | undefined): void {
  const readers: Record<string, () => unknown> = { access: () => readAccess(decision, 'c.var.access', 'c.var.decision') }
  if (!decision) readers['decision'] = () => readDecision(undefined, 'c.var.decision')
  const { get } = c
  const readVariables = () => Reflect.get(Object.getPrototypeOf(c) as object, 'var', c) as object
  Object.assign(c, { get: (name: string) => (Object.hasOwn(readers, name) ? readers[name]!() : (get as (name: string) => unknown)(name)) })
  Object.defineProperty(c, 'var', {
    configurable: true,
    get() {
      const variables = { ...readVariables() }
      for (const [name, read] of Object.entries(readers)) Object.defineProperty(variables, name, { enumerable: false, get: read })
      return variables
    },
  })
}
