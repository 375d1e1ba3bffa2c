// Headers as CGI, WSGI and their successors name them: "X_Auth_Client_Id" and "X.Auth.Client.Id" are the same one there.

/** @param name in lower case */
export function asVariable(name: string): string {
  return name.replace(/[^a-z0-9]/g, '_')
}

/** Some frameworks take their value for the method. */
export const methodVariables: ReadonlySet<string> = new Set([
  'x_http_method_override',
  'x_http_method',
  'x_method_override',
  'x_original_method',
])
