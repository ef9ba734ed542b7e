package signin

import (
	"context"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store/pg"
)

const recordDevice = `
	INSERT INTO user_devices AS d (user_id, name, os, browser, location, device_details, location_details, fingerprint, user_agent, ip)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	ON CONFLICT (user_id, identity) DO UPDATE
	SET name = excluded.name, os = excluded.os, browser = excluded.browser, device_details = excluded.device_details,
		user_agent = excluded.user_agent, ip = excluded.ip, updated_at = now()
	RETURNING id`

// RecordDevice notes that somebody used a device, now.
func (s Keeper) RecordDevice(ctx context.Context, d identity.Device) (id identity.DeviceID, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, recordDevice, d.UserID, d.Name, d.OS, d.Browser, d.Location, pg.Object(d.DeviceDetails),
		pg.Object(d.LocationDetails), d.Fingerprint, d.UserAgent, d.IP).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("device of user %d: %w", d.UserID, pg.Translate(err))
	}
	return id, nil
}

// maxDevices bounds a user's list of devices.
const maxDevices = 1000

// Devices returns a user's devices, the one used last first.
func (s Keeper) Devices(ctx context.Context, user desk.UserID) ([]identity.Device, error) {
	return pg.Many[identity.Device](ctx, s.DB, "devices", `
		SELECT id, user_id, name, os, browser, location, device_details, location_details, fingerprint, user_agent, ip,
			created_at, updated_at
		FROM user_devices
		WHERE user_id = $1
		ORDER BY updated_at DESC, name, id
		LIMIT $2`, user, maxDevices)
}

// DeleteDevice forgets one of a user's devices and signs it out. It may be gone already.
func (s Keeper) DeleteDevice(ctx context.Context, user desk.UserID, id identity.DeviceID) error {
	return pg.Exec(ctx, s.DB, "delete device", `DELETE FROM user_devices WHERE user_id = $1 AND id = $2`, user, id)
}
