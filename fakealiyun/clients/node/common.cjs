// What each script gets from its test by the environment.
const { ENDPOINT, ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET } = process.env;
module.exports = {
  endpoint: ENDPOINT, // 127.0.0.1:PORT
  url: `http://${ENDPOINT}`,
  key: {
    accessKeyId: ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: ALIBABA_CLOUD_ACCESS_KEY_SECRET,
  },
  role: process.env.ROLE_ARN,
  account: process.env.ACCOUNT_ID,
  film: process.env.FILM,
  PART: 100 * 1024,
  tell: (seen) => console.log(JSON.stringify(seen)),
  run: (main) =>
    main().catch((error) => {
      console.error(error);
      process.exit(1);
    }),
};
