// The templates of routes as they are reported, such as `/v1/partners/{sellerId}/orders`, from the paths that frameworks have.

/** From a path in the syntax of path-to-regexp, which Express and routers of Koa use; `undefined` for a pattern or a list. */
export function toTemplate(path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined
  const param = /\\(.)|[:*](?:"([^"]+)"|([\p{ID_Start}$_][\p{ID_Continue}$]*))(?:\((?:[^()]|\([^()]*\))*\))?[?+*]?|[{}]/gu
  const template = path.replace(param, (_found, literal?: string, quoted?: string, name: string | undefined = quoted) => {
    if (name !== undefined) return `{${name}}`
    return literal ?? ''
  })
  return asSent(template.startsWith('/') || template === '' ? template : `/${template}`)
}

/** Remembers templates by the paths of routes, which are those of the code; more than an app can have are not remembered. */
export function createTemplates<Path, Template>(make: (path: Path) => Template): (path: Path) => Template {
  const known = new Map<Path, Template>()
  return (path) => {
    const found = known.get(path)
    if (found !== undefined || known.has(path)) return found as Template
    const template = make(path)
    if (known.size < 10_000) known.set(path, template)
    return template
  }
}

/** The names in a template such as `/v1/partners/{sellerId}/orders`. */
export function templateParamNames(template: string): string[] {
  return Array.from(template.matchAll(/\{([^{}/]+)\}/g), ([, name]) => name as string)
}

/**
 * @param route for the message, such as `The route GET /v1/orders/:id`
 * @throws TypeError for a segment that is a parameter in the syntax of a framework, and would be taken literally
 */
export function refuseOtherSyntax(template: string, route: string): void {
  for (const segment of template.split('/')) {
    const [, name] = /^(?::|\[(?:\.\.\.)?)([A-Za-z_]\w*)/.exec(segment) ?? []
    if (name !== undefined) throw new TypeError(`${route}: "${segment}" is the parameter of another syntax; write "{${name}}"`)
  }
}

/** In letters other than ASCII a template is reported as it is sent. */
export function asSent(template: string): string {
  return template.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}
