// The rules and dashboards of this repository, for those who build theirs with jsonnet. It imports the shipped files, so
// nothing is written twice. Nothing else is needed, and no other library.
//
//   local backup = (import 'mongodb_backup_exporter/deploy/mixin.libsonnet') {
//     _config+:: { exporterUrl: 'https://backups.example.com', dashboardUrl: 'https://grafana.example.com' },
//   };
local rulesFile = importstr '../alerts/mongodb_backup.rules.yml';

{
  // Where the alerts lead: addresses with their scheme. null keeps the placeholder of the shipped file.
  _config+:: {
    runbookUrl: null,  // where the pages of docs/runbooks are; an exporter has them under /runbooks
    exporterUrl: null,  // the exporter, as people reach it; dashboards link to it too
    dashboardUrl: null,  // Grafana, as people reach it
  },

  local placed(text, placeholder, address) =
    if address == null then text else std.strReplace(text, placeholder, std.rstripChars(address, '/') + '/'),
  local linked =
    placed(
      placed(
        placed(rulesFile, 'https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/runbooks/', $._config.runbookUrl),
        'http://mongodb-backup-exporter:10217/',
        $._config.exporterUrl,
      ),
      'http://grafana:3000/',
      $._config.dashboardUrl,
    ),
  local board(text) =
    std.parseJson(
      if $._config.exporterUrl == null then text
      else std.strReplace(text, 'http://mongodb-backup-exporter:10217', std.rstripChars($._config.exporterUrl, '/'))
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
