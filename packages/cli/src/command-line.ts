// The countersign command line: the list of commands and the exit code. Each command is in the file of its name.
import { Command, CommanderError } from 'commander'
import { accessRequestCommand } from './access-request.ts'
import { auditCommand } from './audit.ts'
import { backupCommand } from './backup.ts'
import { capabilityCommand } from './capability.ts'
import { certifyCommand } from './certify.ts'
import { claimSetCommand } from './claim-set.ts'
import { clientCommand } from './client.ts'
import { separateDashed } from './dashed-arguments.ts'
import { demoCommand } from './demo/demo-command.ts'
import { dpaCommand } from './dpa.ts'
import { describeExitCodes, exitCodes } from './exit-codes.ts'
import { exitReasonOf } from './exit-reason.ts'
import { hintOf } from './failure-hints.ts'
import { explainCommand } from './explain.ts'
import { inWordsOfCommand } from './field-words.ts'
import { addFind } from './find.ts'
import { gatewayCommand } from './gateway.ts'
import { guardCommand } from './guard.ts'
import { addHealth } from './health.ts'
import { initCommand } from './init.ts'
import { identityProviderCommand } from './identity-provider.ts'
import { invitationCommand } from './invitation.ts'
import { keyCommand } from './key.ts'
import { operatorCommand } from './operator.ts'
import { keyEncryptionKeyCommand } from './key-encryption-key.ts'
import { nameRealms } from './missing-realm.ts'
import { nameByOption } from './name-by-option.ts'
import { organizationCommand } from './organization.ts'
import { CommandError, reportFailure } from './output.ts'
import { partnerCommand } from './partner.ts'
import { pepperCommand } from './pepper.ts'
import { personCommand } from './person.ts'
import { realmCommand } from './realm.ts'
import { refusalCommand } from './refusal.ts'
import { requestorCommand } from './requestor.ts'
import { restoreCommand } from './restore.ts'
import { secretCommand } from './secret.ts'
import { serveCommand } from './serve.ts'
import { sessionCommand } from './session.ts'
import { tokenCommand } from './token.ts'
import { addUsage } from './usage.ts'

/** Runs one command. @returns the exit code; for a command that keeps running, that of its start */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const program = createProgram()
  let running: Command | undefined
  throwWrongUsage(program, program.name(), (command) => void (running = command))
  program.hook('preAction', (_program, command) => void (running = command))
  try {
    await program.parseAsync(separateDashed(program, args), { from: 'user' })
    return 0
  } catch (failure) {
    const error = await nameRealms(failure, running)
    // Help and version; help that was printed because the subcommand is missing counts as wrong usage.
    if (error instanceof CommanderError) return exitCodes[error.exitCode === 0 ? 'success' : 'usage'].code
    reportFailure(inWordsOfCommand(error, running), args.includes('--json'), hintOf(error, running))
    return exitCodes[exitReasonOf(error)].code
  }
}

export function createProgram(): Command {
  const program = new Command('countersign')
    .description('Machine-to-machine authentication for partner APIs')
    .version('0.1.0')
    .addCommand(demoCommand())
    .addCommand(initCommand())
    .addCommand(serveCommand())
    .addCommand(gatewayCommand())
    .addCommand(realmCommand())
    .addCommand(organizationCommand())
    .addCommand(capabilityCommand())
    .addCommand(partnerCommand())
    .addCommand(dpaCommand())
    .addCommand(accessRequestCommand())
    .addCommand(requestorCommand())
    .addCommand(personCommand())
    .addCommand(invitationCommand())
    .addCommand(identityProviderCommand())
    .addCommand(claimSetCommand())
    .addCommand(clientCommand())
    .addCommand(secretCommand())
    .addCommand(keyCommand())
    .addCommand(pepperCommand())
    .addCommand(keyEncryptionKeyCommand())
    .addCommand(explainCommand())
    .addCommand(auditCommand())
    .addCommand(refusalCommand())
    .addCommand(guardCommand())
    .addCommand(tokenCommand())
    .addCommand(certifyCommand())
    .addCommand(operatorCommand())
    .addCommand(sessionCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addHelpText(
      'after',
      `
First steps:
  countersign demo                                  try four sample systems
  countersign init && countersign serve --config countersign.yaml
  countersign organization create --realm partners --slug acme --name "Acme"
  countersign client create --realm partners --organization acme
  countersign token get --token-url http://localhost:8080/realms/partners/oauth2/token --client-id api-client-acme \\
    --client-secret-file -

Commands of operators use the server of --server or COUNTERSIGN_SERVER and the credentials in COUNTERSIGN_CLIENT_ID and
COUNTERSIGN_CLIENT_SECRET, or a private key in the file that COUNTERSIGN_CLIENT_KEY_FILE names (COUNTERSIGN_CLIENT_KEY_ID: its id).
Without these they use the running demo.`,
    )
    .addHelpText('afterAll', `\n${describeExitCodes()}`)
  addUsage(program)
  addFind(program)
  addHealth(program)
  return program
}

/** Turns a usage error into an ordinary error that points to the help of the command; help and version are left unchanged. */
function throwWrongUsage(command: Command, path: string, note: (command: Command) => void): void {
  command
    .configureOutput({
      writeOut: (text) => console.log(text.trimEnd()),
      writeErr: (text) => console.error(text.trimEnd()),
      outputError: () => {},
    })
    .exitOverride((end) => {
      if (/^commander\.(?:help|version)/.test(end.code)) throw end
      note(command)
      const instead = lacksAnOption.has(end.code) ? nameByOption(command) : ''
      throw new CommandError(end.message.replace('error: ', ''), {
        next: `${instead}Run "${path} --help" for its options and examples.`,
      })
    })
  refuseRepeatedOptions(command)
  for (const subcommand of command.commands) throwWrongUsage(subcommand, `${path} ${subcommand.name()}`, note)
}

const lacksAnOption: ReadonlySet<string> = new Set(['commander.excessArguments', 'commander.missingMandatoryOptionValue'])

/** The last value would count, so that a command with an option left from another line would change something else than it seems to. */
function refuseRepeatedOptions(command: Command): void {
  for (const option of command.options) {
    if (option.variadic || (!option.required && !option.optional)) continue
    let isGiven = false
    command.on(`option:${option.name()}`, () => {
      if (isGiven) command.error(`option '${option.flags}' was given more than once`)
      isGiven = true
    })
  }
}
