// A parameter "_method" in the query, by which some frameworks (Symfony and Laravel, method-override of Express) choose the method, or one with
// the name of a header, by which others do (ASP.NET MVC).
import { asVariable, methodVariables } from './header-variables.ts'

/** Whether the query names another method than the request. @param target path and query as the client sent them */
export function namesOtherMethod(target: string, method: string): boolean {
  const at = target.indexOf('?')
  if (at < 0) return false
  // ";" separates parameters for some servers.
  return target
    .slice(at + 1)
    .split(/[&;]/)
    .some(
      (part) =>
        isAboutMethod(part) && [...new URLSearchParams(part)].some(([name, value]) => isName(name) && value.toUpperCase() !== method),
    )
}

/** Most parts are not decoded. */
function isAboutMethod(part: string): boolean {
  return part.includes('%') || /method/i.test(part)
}

/** PHP takes ".method", "[method", " _method" and what goes on after a NUL for it. */
function isName(name: string): boolean {
  const [given = ''] = name.split('\0', 1)
  return /^\s*[^a-z0-9]method$/i.test(given) || methodVariables.has(asVariable(given.trim().toLowerCase()))
}
