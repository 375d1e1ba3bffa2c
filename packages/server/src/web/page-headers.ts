// The headers of pages: a page loads only what is of this server, runs no text as a script, is in no frame, and tells no other site where it
// was. Both pages and their files have them.
import type { FastifyInstance } from 'fastify'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]

/** Everything but what the pages use. */
const permissions = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'hid',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'serial',
  'usb',
  'xr-spatial-tracking',
]

/** @param reportPath where browsers report what the policy has stopped @param publicUrl of the pages */
export function pageHeaders(reportPath: string, publicUrl: string): Readonly<Record<string, string>> {
  const isSecure = new URL(publicUrl).protocol === 'https:'
  return {
    // "report-uri" for browsers that do not know "report-to", and without TLS: with "report-to" they would report to https only, or not at all.
    'content-security-policy': [...policy, `report-uri ${reportPath}`, ...(isSecure ? ['report-to csp'] : [])].join('; '),
    ...(isSecure && { 'reporting-endpoints': `csp="${publicUrl}${reportPath}"` }),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY', // for browsers that do not know frame-ancestors
    'permissions-policy': [
      ...permissions.map((name) => `${name}=()`),
      'clipboard-write=(self)',
      'publickey-credentials-create=(self)',
      'publickey-credentials-get=(self)',
    ].join(', '),
    ...(isSecure && { 'strict-transport-security': 'max-age=31536000' }),
  }
}

/** For all routes of this scope. */
export function addHeaders(app: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}
