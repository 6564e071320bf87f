{{/*
Gives every value that is absent its default in values.yaml. A value is absent after `helm upgrade --reuse-values` from a chart that
did not know it. Each template calls this first.
*/}}
{{- define "exporter.complete" -}}
{{- include "exporter.fill" (dict "values" .Values "defaults" (.Files.Get "files/values.yaml" | fromYaml)) -}}
{{- end -}}

{{/* Fills in what is absent of values. Maps that are not named here are their user's as a whole, who may have taken keys away. */}}
{{- define "exporter.fill" -}}
{{- $maps := list "image" "defaults" "serviceAccount" "persistence" "web" "serviceMonitor" "prometheusRule" "dashboards" "networkPolicy" "podDisruptionBudget" -}}
{{- range $key, $default := .defaults -}}
{{- if kindIs "invalid" (index $.values $key) -}}
{{- $_ := set $.values $key $default -}}
{{- else if has $key $maps -}}
{{- include "exporter.fill" (dict "values" (index $.values $key) "defaults" $default) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The name that all objects of the release begin with. A chart that has this one twice gives it two aliases, which Chart.Name is then:
each has names of its own.
*/}}
{{- define "exporter.release" -}}
{{- $name := .Release.Name -}}
{{- if ne .Chart.Name "mongodb-backup-exporter" -}}
{{- $name = printf "%s-%s" $name .Chart.Name -}}
{{- end -}}
{{- .Values.fullnameOverride | default $name -}}
{{- end -}}

{{/* The names of the exporters, in order, as JSON. One that a values file of the installation takes away (name: null) is none. */}}
{{- define "exporter.names" -}}
{{- $names := list -}}
{{- range $name, $own := .Values.exporters -}}
{{- if not (kindIs "invalid" $own) -}}{{- $names = append $names $name -}}{{- end -}}
{{- end -}}
{{- $names | toJson -}}
{{- end -}}

{{/* The name of an exporter's objects. Takes root and name. 52: a StatefulSet adds a hash of 10 to a label of 63. */}}
{{- define "exporter.fullname" -}}
{{- $full := printf "%s-%s" (include "exporter.release" .root) .name -}}
{{- if gt (len $full) 52 -}}
{{- fail (printf "the name %s has more than 52 characters: shorten the name of the exporter, or set fullnameOverride" $full) -}}
{{- end -}}
{{- if not (mustRegexMatch "^[a-z][-a-z0-9]*$" $full) -}}
{{- fail (printf "the name %s cannot be that of a Service, which begins with a letter and has no dot: give the release another name, or set fullnameOverride" $full) -}}
{{- end -}}
{{- if hasPrefix "dashboard-" .name -}}
{{- fail (printf "the name %s begins like those of the ConfigMaps with dashboards: give the exporter another name" .name) -}}
{{- end -}}
{{- $full -}}
{{- end -}}

{{/* Labels of every object. Takes root. */}}
{{- define "exporter.labels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* The labels by which the pods of an exporter are found. Takes root and name. */}}
{{- define "exporter.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name | quote }}
{{- end -}}

{{- define "exporter.image" -}}
{{- $image := .root.Values.image -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository ($image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The values of an exporter: its own over the defaults. Takes root and name. */}}
{{- define "exporter.values" -}}
{{- $values := mustMergeOverwrite (mustDeepCopy .root.Values.defaults) (mustDeepCopy (index .root.Values.exporters .name)) -}}
{{- if not $values.config.accounts -}}
{{- fail (printf "exporters.%s.config.accounts: name the accounts that it watches" .name) -}}
{{- end -}}
{{- range $i, $account := $values.config.accounts -}}
{{- range $key, $value := $account.credentials -}}
{{- if not $value -}}{{- continue -}}{{- end -}}
{{- $place := printf "exporters.%s.config.accounts[%d].credentials.%s" $.name $i $key -}}
{{- if has $key (list "access_key_secret" "security_token") -}}
{{- fail (printf "%s: it would stand in a ConfigMap; put it into a Secret, list that under secrets, and use %s_file: /run/secrets/SECRET/KEY" $place $key) -}}
{{- end -}}
{{- if and (hasSuffix "_file" $key) (hasPrefix "/run/secrets/" $value) -}}
{{- $secret := index (splitList "/" $value) 3 -}}
{{- if not (has $secret $values.secrets) -}}
{{- fail (printf "%s: the Secret %s is not listed under exporters.%s.secrets" $place $secret $.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $decided := list "config.file" "storage.path" "web.health-address" "web.listen-address" "web.systemd-socket" "web.telemetry-path" -}}
{{- if $values.web.secret -}}
{{- $decided = append $decided "web.config.file" -}}
{{- end -}}
{{- range $flag := $values.extraArgs -}}
{{- if has (splitList "=" $flag | first | trimPrefix "--" | trimPrefix "no-") $decided -}}
{{- fail (printf "exporters.%s.extraArgs: leave out %s, which the chart decides: other parts of it depend on that" $.name $flag) -}}
{{- end -}}
{{- end -}}
{{- include "exporter.checkEnv" (dict "name" .name "env" $values.env) -}}
{{- include "exporter.checkAccount" (dict "root" .root "name" .name "values" $values) -}}
{{- toYaml $values -}}
{{- end -}}

{{/*
Refuses secrets that everybody could read who may read a StatefulSet: by the name of the variable, or as the password in an address.
$(NAME) is what another variable has. Takes name and env.
*/}}
{{- define "exporter.checkEnv" -}}
{{- range $i, $variable := .env -}}
{{- $value := $variable.value | default "" | toString -}}
{{- $named := mustRegexMatch "(?i)(secret|token|passwo?r?d|_sk)$" ($variable.name | default "" | toString) -}}
{{- $inAddress := mustRegexMatch "://[^/@]*:[^/]*@" $value -}}
{{- if and $value (or $named $inAddress) (not (mustRegexMatch "^\\$\\([A-Za-z_][A-Za-z0-9_]*\\)$" $value)) -}}
{{- fail (printf "exporters.%s.env[%d]: the value of %s would stand in the StatefulSet; put it into a Secret, and use valueFrom: {secretKeyRef: {name: SECRET, key: KEY}}" $.name $i $variable.name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Refuses what is meant for a service account that the chart does not make. Annotations of the defaults are for those that it makes.
Takes root, name and values.
*/}}
{{- define "exporter.checkAccount" -}}
{{- $account := .values.serviceAccount.name -}}
{{- if and $account .values.rrsaRole -}}
{{- fail (printf "exporters.%s.rrsaRole: the chart does not make the service account %s, so it cannot give it the role; annotate that account with pod-identity.alibabacloud.com/role-name: %s, and leave rrsaRole empty" .name $account .values.rrsaRole) -}}
{{- end -}}
{{- $own := index .root.Values.exporters .name -}}
{{- $shared := .root.Values.defaults.serviceAccount -}}
{{- if and $account (or (dig "serviceAccount" "annotations" dict $own) (and $shared.name $shared.annotations)) -}}
{{- fail (printf "exporters.%s.serviceAccount.annotations: the chart does not make the service account %s; annotate that account, and leave them out" .name $account) -}}
{{- end -}}
{{- end -}}

{{- define "exporter.serviceAccountName" -}}
{{- .values.serviceAccount.name | default (include "exporter.fullname" .) -}}
{{- end -}}

{{/* What no container of this chart may do. */}}
{{- define "exporter.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* true where objects of the Prometheus operator are wanted. Takes root, enabled and kind. */}}
{{- define "exporter.operator" -}}
{{- if or (eq (toString .enabled) "true") (and (eq (toString .enabled) "auto") (.root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind))) -}}
true
{{- end -}}
{{- end -}}

{{/* true where there are ServiceMonitors. Takes root. */}}
{{- define "exporter.monitored" -}}
{{- include "exporter.operator" (dict "root" .root "enabled" .root.Values.serviceMonitor.enabled "kind" "ServiceMonitor") -}}
{{- end -}}

{{/* true where there may be rules. Takes root. */}}
{{- define "exporter.ruled" -}}
{{- include "exporter.operator" (dict "root" .root "enabled" .root.Values.prometheusRule.enabled "kind" "PrometheusRule") -}}
{{- end -}}

{{/* The milliseconds of a duration such as 1m30s. */}}
{{- define "exporter.milliseconds" -}}
{{- $units := dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- $sum := 0 -}}
{{- range mustRegexFindAll "[0-9]+[a-z]+" . -1 -}}
{{- $unit := trimAll "0123456789" . -}}
{{- $sum = add $sum (mul (trimSuffix $unit . | atoi) (get $units $unit)) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/*
How long a scrape may take. The operator leaves out a ServiceMonitor where that is longer than the interval, and says so in its log
alone. Takes root.
*/}}
{{- define "exporter.scrapeTimeout" -}}
{{- $monitor := .root.Values.serviceMonitor -}}
{{- $longest := include "exporter.milliseconds" $monitor.interval | int64 -}}
{{- $timeout := $monitor.scrapeTimeout | default "50s" -}}
{{- if gt (include "exporter.milliseconds" $timeout | int64) $longest -}}
{{- if $monitor.scrapeTimeout -}}
{{- fail (printf "serviceMonitor.scrapeTimeout: %s is longer than the interval, %s, and the Prometheus operator would leave out the ServiceMonitor: shorten it, or leave it empty" $timeout $monitor.interval) -}}
{{- end -}}
{{- $timeout = $monitor.interval -}}
{{- end -}}
{{- $timeout -}}
{{- end -}}

{{/* Rules with the addresses of this installation in place of the placeholders in alerts/. Takes root and text. */}}
{{- define "exporter.linked" -}}
{{- $values := .root.Values.prometheusRule -}}
{{- $runbooks := $values.runbookUrl -}}
{{- if and $values.exporterUrl (not $runbooks) -}}
{{- $runbooks = printf "%s/runbooks" (trimSuffix "/" $values.exporterUrl) -}}
{{- end -}}
{{- $text := .text -}}
{{- range $placeholder, $address := dict
  "https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/runbooks/" $runbooks
  "http://mongodb-backup-exporter:10217/" $values.exporterUrl
  "http://grafana:3000/" $values.dashboardUrl -}}
{{- if $address -}}
{{- $text = replace $placeholder (printf "%s/" (trimSuffix "/" $address)) $text -}}
{{- end -}}
{{- end -}}
{{- $text -}}
{{- end -}}
