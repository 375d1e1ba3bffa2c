// Why a document of a client or an identity provider cannot be had.

/** What was asked for cannot be had. The message is for the log. */
export class FetchError extends Error {
  override name = 'FetchError'
}

/** Too much is asked for at once; a moment later it can be had. */
export class FetchBusyError extends FetchError {
  override name = 'FetchBusyError'
}
