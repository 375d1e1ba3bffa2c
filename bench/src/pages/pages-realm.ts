/** The realm of many clients. */
export const realm = 'large'
