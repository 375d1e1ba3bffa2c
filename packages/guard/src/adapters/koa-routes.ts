// Which routes of a router of Koa (`@koa/router`, `koa-router`) say what they require, read from the layers that it keeps of them.
import { declare, declaredBy, readDeclared } from './declarations.ts'
import type { KoaContext } from './koa-context.ts'
import { templateParamNames, toTemplate } from './path-template.ts'
import { checkRoute } from './route-rule.ts'

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
export function findFaults(router: KoaRouter, checksParams: boolean): Fault[] {
  if (!Array.isArray((router as Partial<KoaRouter> | null | undefined)?.stack))
    throw new TypeError('checkRoutes() takes a router itself, as in checkRoutes(router), not the app or router.routes()')
  const above: KoaLayer[] = []
  return (router.stack as readonly KoaLayer[]).flatMap((layer) => {
    const [first] = layer.stack
    if (layer.methods.length === 0) {
      if (declaredBy(first) && router.exclusive !== true) above.push(layer)
      return []
    }
    if (!declaredBy(first) && above.some((each) => typeof layer.path === 'string' && each.match(layer.path))) return []
    const fault = faultOf(layer, checksParams)
    return fault === undefined ? [] : [{ layer, fault }]
  })
}

function faultOf({ path, methods, stack }: KoaLayer, checksParams: boolean): string | undefined {
  const name = `The route ${methods.join(',')} ${String(path)}`
  const declared = readDeclared(stack, name)
  if ('fault' in declared) return declared.fault
  const template = toTemplate(path)
  if (!checksParams || typeof declared.first !== 'object' || !declared.first.guard || template === undefined) return undefined
  try {
    checkRoute(declared.first.guard, declared.first.requires, { methods, template, paramNames: templateParamNames(template) }, name)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Puts a refusal before the middleware of each route that says nothing, in every router of an app; again if a router has got more routes. */
export function closeRouters(
  middleware: readonly unknown[],
  inspected: WeakMap<KoaRouter, number>,
  refuse: (defect: unknown, ctx: KoaContext) => void,
): void {
  for (const each of middleware) {
    const { router } = each as { readonly router?: KoaRouter }
    if (!router || !Array.isArray(router.stack) || inspected.get(router) === router.stack.length) continue
    inspected.set(router, router.stack.length)
    for (const { layer, fault } of findFaults(router, false)) {
      const refusal = async (ctx: KoaContext) => refuse(new TypeError(fault), ctx)
      declare(refusal, 'closed')
      layer.stack.unshift(refusal)
    }
  }
}
