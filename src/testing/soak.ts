/** `npm run test:soak` asks the tests of promises for far more cases than `npm test`. */
export const isSoak = process.env.SMOOTHOUT_SOAK === '1';
