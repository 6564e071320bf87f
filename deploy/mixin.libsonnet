// The rules and dashboards of this repository, for those who build theirs with jsonnet. It imports the shipped files, so
// nothing is written twice. Nothing else is needed, and no other library.
//
//   local backup = (import 'mongodb_backup_exporter/deploy/mixin.libsonnet') {
//     _config+:: { exporterUrl: 'https://backups.example.com', dashboardUrl: 'https://grafana.example.com' },
//   };
local rulesFile = importstr '../alerts/mongodb_backup.rules.yml';

// Whether others can begin with an address, as the command rules judges it. A password in it would stand in every alert.
local charactersIn(text, allowed) = std.all([std.member(allowed, c) for c in std.stringChars(text)]);
local digits = '0123456789';
local hexadecimals = digits + 'abcdefABCDEF';
local isHost(host) =
  local literal = std.startsWith(host, '[');
  local parts = std.splitLimit(host, if literal then ']' else ':', 1);
  local name = parts[0];
  local rest = if std.length(parts) == 1 then '' else parts[1];
  local port = if literal then rest[1:] else rest;
  charactersIn(port, digits) &&
  if literal then
    std.length(parts) == 2 && charactersIn(name[1:], hexadecimals + ':.') && (rest == '' || rest[0] == ':')
  else name != '' && !std.any([std.member('@%|^[]', c) for c in std.stringChars(name)]);
local isPath(path) =
  std.all([std.length(code) > 1 && charactersIn(code[:2], hexadecimals) for code in std.split(path, '%')[1:]]);
local isPlain(text) =
  std.all([std.codepoint(c) > 32 && std.codepoint(c) != 127 && !std.member('?#{}\'"\\`', c) for c in std.stringChars(text)]);
local isAddress(text) =
  local parts = std.splitLimit(text, '://', 1);
  local rest = std.splitLimit(parts[1], '/', 1);
  isPlain(text) && std.length(parts) == 2 && std.member(['http', 'https'], std.asciiLower(parts[0])) &&
  isHost(rest[0]) && (std.length(rest) == 1 || isPath(rest[1]));

{
  // Where the alerts lead: addresses with their scheme, such as the command rules takes. null keeps the placeholder of the shipped
  // file.
  _config+:: {
    runbookUrl: null,  // where the pages of docs/runbooks are; null: /runbooks of exporterUrl, where an exporter has them
    exporterUrl: null,  // the exporter, as people reach it; dashboards link to it too
    dashboardUrl: null,  // Grafana, as people reach it
  },

  // A key in other capitals would leave the placeholders, which nobody notices before an alert. Other mixins, with which this one may
  // share _config, have keys of their own.
  assert misspelt == [] : '_config: there is no %s; there are exporterUrl, dashboardUrl and runbookUrl' % std.join(', ', misspelt),
  local keys = ['exporterUrl', 'dashboardUrl'],
  local misspelt = [
    key
    for key in std.objectFieldsAll($._config)
    if !std.member(keys, key) && std.member([std.asciiLower(known) for known in keys], std.asciiLower(key))
  ],

  // The address under a key of _config; null where there is none.
  local address(key) =
    local text = $._config[key];
    if text == null || text == '' then null
    else if isAddress(text) then text
    else if std.member(text, '@') then
      error '_config.%s: an address without a name and a password is wanted: they would stand in every alert' % key
    else error '_config.%s: "%s" is no address like https://example.com/path, to which the rest can be added' % [key, text],
  local runbooks =
    if address('runbookUrl') == null && address('exporterUrl') != null then std.rstripChars(address('exporterUrl'), '/') + '/runbooks'
    else address('runbookUrl'),
  local placed(text, placeholder, begin) =
    if begin == null then text else std.strReplace(text, placeholder, std.rstripChars(begin, '/') + '/'),
  local linked =
    placed(
      placed(
        placed(rulesFile, 'https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/runbooks/', runbooks),
        'http://mongodb-backup-exporter:10217/',
        address('exporterUrl'),
      ),
      'http://grafana:3000/',
      address('dashboardUrl'),
    ),
  local board(text) =
    std.parseJson(
      if address('exporterUrl') == null then text
      else std.strReplace(text, 'http://mongodb-backup-exporter:10217', std.rstripChars(address('exporterUrl'), '/'))
    ),
  local groups = std.parseYaml(linked).groups,
  local alerts(group) = std.any([std.objectHas(rule, 'alert') for rule in group.rules]),

  prometheusAlerts+:: {
    groups+: [group for group in groups if alerts(group)],
  },
  // The alerts and the dashboards need them.
  prometheusRules+:: {
    groups+: [group for group in groups if !alerts(group)],
  },

  grafanaDashboardFolder:: 'MongoDB backup',
  grafanaDashboards+:: {
    'mongodb-backup-fleet.json': board(importstr '../dashboards/fleet.json'),
    'mongodb-backup-instance.json': board(importstr '../dashboards/instance.json'),
    'mongodb-backup-exporter.json': board(importstr '../dashboards/exporter.json'),
  },
}
