import { formatCount } from "../../base/units.js";
import type { Gain } from "../../learners/contract.js";
import { Whisker } from "../charts/bars.js";

const shown = 20;

/** Which features a model of trees was built from: each one's share of how much all splits lowered the objective. */
export function Gains({ gains }: { gains: readonly Gain[] }) {
  const total = gains.reduce((sum, { gain }) => sum + gain, 0) || 1;
  const largest = Math.max(...gains.map(({ gain }) => gain)) / total || 1;
  const percent = (gain: number): string => `${((100 * gain) / total).toFixed(1)} %`;
  return (
    <>
      <p>
        Each feature's share of how much all splits lowered the objective on the training rows. A feature with many
        values finds splits by chance as well, so small shares may mean nothing.
      </p>
      <div class="scroll">
        <table class="effects">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col" class="number">
                Splits
              </th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="picture" />
            </tr>
          </thead>
          <tbody>
            {gains.slice(0, shown).map(({ feature, gain, splits }) => (
              <tr>
                <th scope="row" class="long">
                  {feature}
                </th>
                <td class="number quiet">{formatCount(splits)}</td>
                <td class="number strong">{percent(gain)}</td>
                <td class="picture">
                  <Whisker
                    value={gain / total}
                    domain={[0, largest]}
                    reference={0}
                    label={`${feature}: ${percent(gain)}`}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {gains.length > shown && <p class="note">And {formatCount(gains.length - shown)} smaller ones.</p>}
    </>
  );
}
