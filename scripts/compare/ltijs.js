// A tool on ltijs that does the least a tool can do: it checks the launch and sends the browser back.
const lti = require('ltijs').Provider
const Database = require('ltijs-sequelize')
const settings = JSON.parse(process.env.SETTINGS)

lti.setup('a key of this comparison alone', {
  plugin: new Database('ltijs', 'root', '', { host: '127.0.0.1', port: settings.database, dialect: 'mariadb', logging: false })
}, { appRoute: '/', loginRoute: '/login', keysetRoute: '/keys', cookies: { secure: true, sameSite: 'None' } })

lti.onConnect((token, req, res) => res.redirect(303, token.platformContext.launchPresentation.return_url))

lti.deploy({ serverless: true, silent: true })
  .then(() => lti.registerPlatform(settings.platform))
  .then(() => lti.app.listen(settings.port, '127.0.0.1'))
  .catch(err => { console.error(err); process.exit(1) })
