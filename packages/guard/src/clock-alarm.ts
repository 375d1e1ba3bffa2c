// Tells the operator of a guard that its clock is behind: to its callers this looks as if the server issued tokens of the future.

/** Tokens are denied because they start later than the clock of this machine says. */
export class ClockBehindError extends Error {
  override name = 'ClockBehindError'
  /** By how much a token was ahead, in whole seconds: at least by this much the clocks differ. */
  readonly seconds: number
  /** Whose tokens were denied. */
  readonly issuer: string

  constructor(seconds: number, issuer: string) {
    super(
      `The clock of this machine is ${seconds} s behind that of the authorization server ${issuer}: a token issued ${seconds} s in the future was denied. ` +
        'Correct the clock, for example with NTP; if this clock is right, that of the server is ahead.',
    )
    this.seconds = seconds
    this.issuer = issuer
  }
}

const intervalMs = 60_000

/**
 * Returns the function to call for each denied token of an issuer; it passes on one in a minute, since callers choose how often they send one.
 * @param clock milliseconds; never goes back
 */
export function createClockAlarm(issuer: string, clock: () => number, onError: (error: Error) => void): (seconds: number) => void {
  let quietUntil = -Infinity
  return (seconds) => {
    const now = clock()
    if (now < quietUntil) return
    quietUntil = now + intervalMs
    onError(new ClockBehindError(Math.ceil(seconds), issuer))
  }
}
