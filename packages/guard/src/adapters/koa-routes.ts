// Which routes of a router of Koa (`@koa/router`, `koa-router`) say what they require, read from the layers that it keeps of them.
import type { Guard } from '../guard.ts'
import type { KoaContext } from './koa-context.ts'
import { templateParamNames, toTemplate } from './path-template.ts'
import { checkRoute, readDeclared, type Declarations } from './route-rule.ts'

export interface KoaRouter {
  readonly stack: unknown[]
  /** Only one layer of it is called for a request, so what `router.use()` adds guards nothing. */
  readonly exclusive?: boolean
}

interface KoaLayer {
  readonly path: unknown
  /** None for what `router.use()` adds. */
  readonly methods: readonly string[]
  readonly stack: unknown[]
  match(path: string): boolean
}

interface Fault {
  readonly layer: KoaLayer
  readonly fault: string
}

/** Every fault of the routes of a router, those of routers in it included. */
export function findFaults(router: KoaRouter, declarations: Declarations, guard?: Guard): Fault[] {
  const above: KoaLayer[] = []
  return (router.stack as readonly KoaLayer[]).flatMap((layer) => {
    const [first] = layer.stack
    if (layer.methods.length === 0) {
      if (declarations.has(first as object) && router.exclusive !== true) above.push(layer)
      return []
    }
    if (!declarations.has(first as object) && above.some((each) => typeof layer.path === 'string' && each.match(layer.path))) return []
    const fault = faultOf(layer, declarations, guard)
    return fault === undefined ? [] : [{ layer, fault }]
  })
}

function faultOf({ path, methods, stack }: KoaLayer, declarations: Declarations, guard: Guard | undefined): string | undefined {
  const name = `The route ${methods.join(',')} ${String(path)}`
  const declared = readDeclared(stack, declarations, name)
  if ('fault' in declared) return declared.fault
  const template = toTemplate(path)
  if (typeof declared.first !== 'object' || template === undefined || !guard) return undefined
  try {
    checkRoute(guard, declared.first, { methods, template, paramNames: templateParamNames(template) }, name)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Puts a refusal before the middleware of each route that says nothing, in every router of an app; again if a router has got more routes. */
export function closeRouters(
  middleware: readonly unknown[],
  declarations: Declarations,
  inspected: WeakMap<KoaRouter, number>,
  refuse: (defect: unknown, ctx: KoaContext) => void,
): void {
  for (const each of middleware) {
    const { router } = each as { readonly router?: KoaRouter }
    if (!router || !Array.isArray(router.stack) || inspected.get(router) === router.stack.length) continue
    inspected.set(router, router.stack.length)
    for (const { layer, fault } of findFaults(router, declarations)) {
      const refusal = async (ctx: KoaContext) => refuse(new TypeError(fault), ctx)
      declarations.set(refusal, 'closed')
      layer.stack.unshift(refusal)
    }
  }
}
