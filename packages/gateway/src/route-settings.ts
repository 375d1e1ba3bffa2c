// A row of the route table as it is written: a path, its methods, and either what it requires or that it is public.
import { checkRequirement, param, type Requirement } from '@countersign/guard'
import { z } from 'zod'
import type { ConfigurationFault } from './configuration-faults.ts'
import { findRouteFaults, routeMethods, type Route } from './route-table.ts'
import { parseTemplate, RouteTemplateError, type RouteTemplate } from './route-template.ts'

/** Every pair of them is compared. */
export const maxRoutes = 2000

const name = z.string().min(1, 'a name')

const requirementSchema = z.strictObject({
  scope: z
    .union([name, z.array(name)])
    .optional()
    .describe('A scope, or several that are all required.'),
  partner: name.optional().describe('The parameter of the path that names the partner to act for, such as "sellerId".'),
  capability: name.optional().describe('The capability that must be true.'),
  requestor: z
    .union([z.literal('required'), z.strictObject({ permission: name })])
    .optional()
    .describe('Whether the request must name a natural person in "Requestor-ID", and which permission that person needs.'),
  dpa: z.enum(['accepted', 'any']).optional().describe('Default: "accepted".'),
  organization: z.enum(['active', 'any']).optional().describe('Default: "active".'),
  reportOnly: z
    .strictObject({ until: z.string() })
    .optional()
    .describe('Until then a request that would be denied is only reported, and passes; at most 30 days ahead.'),
})

export const routeSchema = z.strictObject({
  path: z.string().describe('The path: "{name}" stands for one segment, "/**" at the end for everything below.'),
  methods: z.array(z.enum(routeMethods)).min(1, 'at least one method').describe('HEAD is allowed where GET is; OPTIONS with "cors" only.'),
  requires: requirementSchema.optional().describe('What a request must have; {} for a valid token and nothing else.'),
  public: z.literal(true).optional().describe('The route is not guarded: no token is looked at.'),
})

export type RouteSettings = z.output<typeof routeSchema>

/** The routes, and everything that is wrong about them besides their form. */
export function readRoutes(all: readonly RouteSettings[]): {
  readonly routes: readonly Route[]
  readonly faults: readonly ConfigurationFault[]
} {
  const faults: ConfigurationFault[] = []
  const routes = all.map((settings, at) =>
    readRoute(settings, (path, message) => void faults.push({ path: ['routes', at, ...path], message })),
  )
  // Pairs are compared when each of them is right by itself.
  if (faults.length > 0) return { routes: [], faults }
  const complete = routes as Route[]
  for (const { at, expected } of findRouteFaults(complete)) faults.push({ path: ['routes', at, 'path'], message: expected })
  if (complete.every(({ requires }) => requires === undefined))
    faults.push({ path: ['routes'], message: 'at least one guarded route: a gateway that requires nothing protects nothing' })
  return { routes: complete, faults }
}

type Complain = (path: readonly PropertyKey[], message: string) => void

function readRoute({ path, methods, requires, public: isPublic }: RouteSettings, complain: Complain): Route | undefined {
  const twice = methods.find((method, at) => methods.indexOf(method) !== at)
  if (twice) complain(['methods'], `each method once; "${twice}" is there twice`)
  if (requires && isPublic) complain(['public'], 'either "requires" or "public: true", not both')
  if (!requires && !isPublic) complain(['requires'], 'what the route requires ({} for a valid token only), or "public: true"')
  const template = readTemplate(path, complain)
  if (!template) return undefined
  const requirement = requires && toRequirement(requires)
  if (requirement) {
    try {
      checkRequirement(requirement, template.paramNames)
    } catch (error) {
      complain(['requires'], `a requirement that the guard accepts: ${(error as Error).message}`)
    }
  }
  return Object.freeze({ template, methods, requires: requirement })
}

function readTemplate(path: string, complain: Complain): RouteTemplate | undefined {
  try {
    return parseTemplate(path)
  } catch (error) {
    if (!(error instanceof RouteTemplateError)) throw error
    complain(['path'], error.message)
    return undefined
  }
}

/** One object for each route, which the guard checks once. */
function toRequirement({ partner, ...rest }: NonNullable<RouteSettings['requires']>): Requirement {
  return Object.freeze({ ...rest, ...(partner !== undefined && { partner: param(partner) }) }) as Requirement
}
