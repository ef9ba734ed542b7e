package store

import (
	"context"
	"fmt"

	"postroom/internal/desk"
)

const recordDevice = `
	INSERT INTO user_devices AS d (user_id, name, os, browser, location, device_details, location_details, fingerprint, user_agent, ip)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
	ON CONFLICT (user_id, identity) DO UPDATE
	SET name = excluded.name, os = excluded.os, browser = excluded.browser, device_details = excluded.device_details,
		user_agent = excluded.user_agent, ip = excluded.ip, updated_at = now()
	RETURNING id`

// RecordDevice notes that somebody used a device, now.
func (s *Store) RecordDevice(ctx context.Context, d desk.Device) (id desk.DeviceID, err error) {
	err = s.db.QueryRow(ctx, recordDevice, d.UserID, d.Name, d.OS, d.Browser, d.Location, object(d.DeviceDetails),
		object(d.LocationDetails), d.Fingerprint, d.UserAgent, d.IP).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("device of user %d: %w", d.UserID, translate(err))
	}
	return id, nil
}

// maxDevices bounds a user's list of devices.
const maxDevices = 1000

// Devices returns a user's devices, the one used last first.
func (s *Store) Devices(ctx context.Context, user desk.UserID) ([]desk.Device, error) {
	return many[desk.Device](ctx, s, "devices", `
		SELECT id, user_id, name, os, browser, location, device_details, location_details, fingerprint, user_agent, ip,
			created_at, updated_at
		FROM user_devices
		WHERE user_id = $1
		ORDER BY updated_at DESC, name, id
		LIMIT $2`, user, maxDevices)
}

// DeleteDevice forgets one of a user's devices and signs it out. It may be gone already.
func (s *Store) DeleteDevice(ctx context.Context, user desk.UserID, id desk.DeviceID) error {
	return s.exec(ctx, "delete device", `DELETE FROM user_devices WHERE user_id = $1 AND id = $2`, user, id)
}
