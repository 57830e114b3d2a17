-- What is there now, for psql and Grafana. Each section is in the newest row of its object that has it.
CREATE VIEW current_objects AS
WITH newest AS (
  SELECT cluster_id, uid, max(revision) AS revision,
    max(revision) FILTER (WHERE metadata IS NOT NULL) AS metadata_at,
    max(revision) FILTER (WHERE spec IS NOT NULL) AS spec_at,
    max(revision) FILTER (WHERE status IS NOT NULL) AS status_at,
    max(revision) FILTER (WHERE rest IS NOT NULL) AS rest_at
  FROM versions
  GROUP BY cluster_id, uid
  HAVING NOT bool_or(op = 'D')
)
SELECT clusters.name AS cluster, v.kind, v.namespace, v.name, v.uid, v.created, v.revision,
  to_timestamp(v.time_ms / 1000.0) AS changed_at, v.cause,
  r.rest ->> 'apiVersion' AS api_version, m.metadata::jsonb AS metadata,
  CASE WHEN s.spec ->> 'orrery.dev/text' IS DISTINCT FROM '' THEN s.spec::jsonb END AS spec,
  CASE WHEN t.status ->> 'orrery.dev/text' IS DISTINCT FROM '' THEN t.status::jsonb END AS status,
  r.rest::jsonb AS rest
FROM newest n
JOIN clusters ON clusters.id = n.cluster_id AND clusters.deleted_at IS NULL AND clusters.creation IS NULL
JOIN versions v ON v.cluster_id = n.cluster_id AND v.revision = n.revision
LEFT JOIN versions m ON m.cluster_id = n.cluster_id AND m.revision = n.metadata_at
LEFT JOIN versions s ON s.cluster_id = n.cluster_id AND s.revision = n.spec_at
LEFT JOIN versions t ON t.cluster_id = n.cluster_id AND t.revision = n.status_at
LEFT JOIN versions r ON r.cluster_id = n.cluster_id AND r.revision = n.rest_at;
--> statement-breakpoint
CREATE VIEW pods AS
SELECT cluster, namespace, name, status ->> 'phase' AS phase,
  coalesce(jsonb_path_exists(status, '$.conditions[*] ? (@.type == "Ready" && @.status == "True")'), false) AS ready,
  coalesce((SELECT sum((c ->> 'restartCount')::int)
    FROM jsonb_array_elements(jsonb_path_query_array(status, '$.containerStatuses[*]')) c), 0) AS restarts,
  spec ->> 'nodeName' AS node, status ->> 'podIP' AS pod_ip, status ->> 'qosClass' AS qos_class,
  (metadata ->> 'creationTimestamp')::timestamptz AS created_at, metadata -> 'labels' AS labels, uid
FROM current_objects WHERE kind = 'Pod';
--> statement-breakpoint
CREATE VIEW nodes AS
SELECT cluster, name,
  coalesce(jsonb_path_exists(status, '$.conditions[*] ? (@.type == "Ready" && @.status == "True")'), false) AS ready,
  coalesce((spec ->> 'unschedulable')::boolean, false) AS unschedulable,
  status #>> '{allocatable,cpu}' AS cpu, status #>> '{allocatable,memory}' AS memory,
  status #>> '{allocatable,pods}' AS pods, spec -> 'taints' AS taints, metadata -> 'labels' AS labels, uid
FROM current_objects WHERE kind = 'Node';
--> statement-breakpoint
CREATE VIEW deployments AS
SELECT cluster, namespace, name, (spec ->> 'replicas')::int AS replicas,
  coalesce((status ->> 'updatedReplicas')::int, 0) AS updated, coalesce((status ->> 'readyReplicas')::int, 0) AS ready,
  coalesce((status ->> 'availableReplicas')::int, 0) AS available, uid
FROM current_objects WHERE kind = 'Deployment';
--> statement-breakpoint
CREATE VIEW services AS
SELECT cluster, namespace, name, spec ->> 'type' AS type, spec ->> 'clusterIP' AS cluster_ip, spec -> 'ports' AS ports,
  spec -> 'selector' AS selector, uid
FROM current_objects WHERE kind = 'Service';
--> statement-breakpoint
CREATE VIEW endpoints AS
SELECT o.cluster, o.namespace, o.metadata #>> '{labels,kubernetes.io/service-name}' AS service, o.name AS slice,
  address, coalesce((endpoint #>> '{conditions,ready}')::boolean, true) AS ready,
  endpoint #>> '{targetRef,name}' AS pod, endpoint ->> 'nodeName' AS node
FROM current_objects o
CROSS JOIN LATERAL jsonb_array_elements(jsonb_path_query_array(o.rest, '$.endpoints[*]')) AS endpoint
CROSS JOIN LATERAL jsonb_array_elements_text(endpoint -> 'addresses') AS address
WHERE o.kind = 'EndpointSlice';
--> statement-breakpoint
CREATE VIEW current_events AS
SELECT clusters.name AS cluster, body ->> 'type' AS type, body ->> 'reason' AS reason,
  body #>> '{involvedObject,kind}' AS regarding_kind, body #>> '{involvedObject,namespace}' AS regarding_namespace,
  body #>> '{involvedObject,name}' AS regarding_name, body ->> 'message' AS message, (body ->> 'count')::int AS count,
  (body ->> 'lastTimestamp')::timestamptz AS last_seen
FROM events
JOIN clusters ON clusters.id = events.cluster_id AND clusters.deleted_at IS NULL
WHERE NOT deleted;
