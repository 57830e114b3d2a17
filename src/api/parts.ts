/** The parts of the schema that belong to no kind. Each adds itself to the builder. */
import './access-review.ts';
import './clock-mutations.ts';
import './cluster-mutations.ts';
import './grid.ts';
import './manifest-mutations.ts';
import './query.ts';
import './scalars.ts';
import './scheduling.ts';
import './subscriptions.ts';
import './summary.ts';
import './table.ts';
import './topology.ts';
