// The type of a dashboard: that of @grafana/schema, but stricter where Grafana allows anything. The options, the custom
// field configuration and the overrides of a panel must be those of its panel type.
import type * as schema from '@grafana/schema';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as stateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as timeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// Json is T as it is written in JSON: string enums are replaced by their values.
type Json<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends readonly (infer E)[]
      ? Json<E>[]
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

// The data source's own query type is not part of @grafana/schema.
interface PrometheusQuery {
  refId: string;
  datasource: schema.DataSourceRef;
  expr: string;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  range?: boolean;
  interval?: string;
  legendFormat?: string;
}

interface PrometheusVariableQuery {
  refId: string;
  qryType: 1 | 3; // label values, query result
  query: string;
}

interface DataLink {
  title: string;
  url: string;
  targetBlank?: boolean;
}

type Field = Omit<schema.FieldConfig, 'custom' | 'links'> & { links?: DataLink[] };

type Property<Custom> =
  | { [K in keyof Field & string]-?: { id: K; value: NonNullable<Field[K]> } }[keyof Field & string]
  | { [K in keyof Custom & string]-?: { id: `custom.${K}`; value: NonNullable<Custom[K]> } }[keyof Custom & string];

interface FieldConfigSource<Custom> {
  defaults: Field & { custom?: Custom };
  overrides: {
    matcher: { id: 'byName' | 'byRegexp'; options: string };
    properties: Property<Custom>[];
  }[];
}

type Transformation =
  | { id: 'merge'; options: Record<string, never> }
  | {
      id: 'organize';
      options: {
        excludeByName: Record<string, boolean>;
        indexByName: Record<string, number>;
        renameByName: Record<string, string>;
      };
    };

type PanelOf<Type extends string, Options, Custom> = Omit<
  schema.Panel,
  'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations'
> & {
  type: Type;
  options: Options;
  fieldConfig: FieldConfigSource<Custom>;
  targets: PrometheusQuery[];
  transformations?: Transformation[];
};

type Row = Omit<schema.RowPanel, 'panels'> & { panels: [] };

type Panel =
  | Row
  | PanelOf<'stat', stat.Options, Record<never, never>>
  | PanelOf<'state-timeline', stateTimeline.Options, stateTimeline.FieldConfig>
  | PanelOf<'table', schema.TableOptions, Partial<schema.TableFieldOptions>>
  | PanelOf<'timeseries', timeSeries.Options, timeSeries.FieldConfig>;

type Annotation = Omit<schema.AnnotationQuery, 'target'> & {
  target: PrometheusQuery | Omit<PrometheusQuery, 'datasource'>;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
};

type Variable = Omit<schema.VariableModel, 'query'> & { query: string | PrometheusVariableQuery };

export type Dashboard = Json<
  Omit<schema.Dashboard, 'panels' | 'annotations' | 'templating'> & {
    uid: string;
    panels: Panel[];
    annotations: { list: Annotation[] };
    templating: { list: Variable[] };
  }
>;
