// countersign explain: why a request was refused, which change made it so, and what would change it; or what a token is. A token is read
// from a file or a pipe, and never from the command line, which other users of the machine can see.
import { statSync } from 'node:fs'
import { Command } from 'commander'
import { readRequestId } from '@countersign/protocol'
import { describeExplanation, describeToken } from './explain-text.ts'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError, printResult } from './output.ts'
import { warnOfOpenTokenFile } from './secret-file.ts'
import { readText } from './values.ts'

interface ExplainOptions extends SessionOptions {
  readonly tokenFile?: string
  readonly api?: string
  readonly route?: string
  readonly partner?: string
  readonly requestor?: string
}

const examples = `
The request id is in the header X-Request-Id of the response, and in "instance" of its problem, after "urn:request:".

Examples:
  countersign explain 0199c5e2a4b0-1f2e3d4c-0000002a
  countersign explain --token-file token.txt
  countersign token get novatrade24/acme | countersign explain --token-file -
  countersign explain --token-file token.txt --api nt24-integration-api --route 'GET /v1/partners/{sellerId}/orders' \\
    --partner 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11

The first line is the verdict; the line "Next" has the command that would change it. A token in a file is sent to the server, which
neither stores nor logs it.`

export function explainCommand(): Command {
  return forOperators(new Command('explain'))
    .summary('Explain why a request was refused, or what a token is')
    .description(
      'Explain why a request was refused: each check, the change that made it so with its author, and the command that would change it. With --token-file, explain what a token is and what it is allowed now',
    )
    .argument('[request-id]', 'id of the request, as in the header X-Request-Id of the response')
    .option('--token-file <file>', 'file with an access token, "-" for standard input')
    .option('--api <name>', 'with --token-file: name of the API, as its guard reports it')
    .option('--route <method-and-route>', `with --token-file: decide on a route, such as 'GET /v1/partners/{sellerId}/orders'`)
    .option('--partner <uuid>', 'with --route: the partner in the path')
    .option('--requestor <uuid>', 'with --route: the natural person in the header Requestor-ID')
    .addHelpText('after', examples)
    .action(explain)
}

async function explain(request: string | undefined, options: ExplainOptions): Promise<void> {
  if (request !== undefined) refuseCredential(request)
  if ((request === undefined) === (options.tokenFile === undefined))
    throw new CommandError(request === undefined ? 'Nothing to explain is given.' : 'Both a request id and --token-file are given.', {
      next: 'Pass the id of a request, or a file with a token: countersign explain REQUEST-ID, or countersign explain --token-file FILE.',
    })
  if (request === undefined) return explainToken(options, options.tokenFile!)
  refuseRouteOptions(options)
  const id = readRequestId(request)
  if (id === undefined)
    throw new CommandError('This is not the id of a request.', {
      next: 'Pass the value of the header X-Request-Id, such as 0199c5e2a4b0-1f2e3d4c-0000002a.',
    })
  const output = await openAdminClient(options).call('requests.explain', { params: { request: id } })
  printResult(options.json, output, describeExplanation)
}

async function explainToken(options: ExplainOptions, file: string): Promise<void> {
  const { api, partner, requestor } = options
  if (options.route === undefined && (api ?? partner ?? requestor) !== undefined) throw routeMissing()
  const route = options.route === undefined ? {} : parseRoute(options.route)
  const body = { token: readToken(file), api, ...route, partner, requestor }
  const output = await openAdminClient(options).call('tokens.explain', { params: {}, body })
  printResult(options.json, output, describeToken)
}

/** It is not repeated: the terminal may be shared, and messages end up in tickets. */
function refuseCredential(argument: string): void {
  const isSecret = argument.includes('csk_')
  if (!isSecret && !/^(?:Bearer\s+)?eyJ/i.test(argument) && argument.split('.').length !== 3) return
  throw new CommandError(
    `This is ${isSecret ? 'a client secret' : 'a token'}, not the id of a request. Arguments are visible to other users of this machine and are kept in the history of the shell.`,
    {
      next: isSecret
        ? 'Rotate the secret ("countersign secret rotate"), and delete the line from the history.'
        : 'Write the token to a file, or pipe it: countersign explain --token-file -. Delete the line from the history.',
    },
  )
}

function refuseRouteOptions({ api, route, partner, requestor }: ExplainOptions): void {
  if ((api ?? route ?? partner ?? requestor) === undefined) return
  throw new CommandError('--api, --route, --partner and --requestor are about a token: the refusal of a request has its own.', {
    next: 'Leave them out, or pass a token with --token-file.',
  })
}

function routeMissing(): CommandError {
  return new CommandError('--api, --partner and --requestor need a route.', { next: `Add --route 'GET /v1/…', as the API registers it.` })
}

/** "GET /v1/orders", or only the template. */
function parseRoute(text: string): { readonly method?: string; readonly route: string } {
  const [, method, route] = /^(?:([A-Za-z]{1,20}) +)?(\/\S{0,255})$/.exec(text.trim()) ?? []
  if (route === undefined)
    throw new CommandError(`"--route ${text}" is not a method and a route.`, {
      next: `Write such as 'GET /v1/partners/{sellerId}/orders'.`,
    })
  return method === undefined ? { route } : { method: method.toUpperCase(), route }
}

/** The longest token that the server reads. */
const maxTokenBytes = 8192

/** @throws CommandError for a file that cannot have a token, whose content is not repeated */
function readToken(file: string): string {
  if (file !== '-') {
    warnOfOpenTokenFile(file)
    const { size } = statSync(file)
    if (size > 2 * maxTokenBytes) throw notAToken(file)
  }
  const token = readText(file)
    .trim()
    .replace(/^Bearer +/i, '')
  if (token === '' || token.length > maxTokenBytes) throw notAToken(file)
  return token
}

function notAToken(file: string): CommandError {
  return new CommandError(`"${file === '-' ? 'standard input' : file}" is empty, or longer than a token (8 kB). Nothing was sent.`, {
    reason: 'local',
    next: 'Write only the value of "access_token" into it.',
  })
}
